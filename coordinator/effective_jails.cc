#include "coordinator/effective_jails.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/jail.h"
#include "common/jail_convert.h"
#include "common/network_set.h"

namespace mxban {
namespace {

// All jails travel in one message, of which gRPC takes 4 MiB.
constexpr size_t kMaxJailBytes = 7 << 19;

// `jail` without what counting has no need of.
Jail Counted(Jail jail) {
  // Only that there are any matters: then right logins count.
  std::vector<std::string> success_regexes;
  if (!jail.filter.success_regexes.empty()) success_regexes = {""};
  jail.filter = {.success_regexes = std::move(success_regexes)};
  jail.log_paths.clear();
  jail.journal.reset();
  jail.journal_matches.clear();
  jail.ignored_networks.clear();
  jail.enforcement = {};
  jail.dry_run = false;
  jail.max_ban_rate = 0;
  jail.max_good_share = 0;
  return jail;
}

}  // namespace

JailSet EffectiveJails(const JailSet& configured, const RailState& rails) {
  JailSet jails = configured;
  for (auto& [name, jail] : jails) {
    jail.dry_run = jail.dry_run || rails.pause.has_value();
    if (rails.allowed.empty()) continue;
    std::vector<IpNetwork>& ignored = jail.ignored_networks;
    for (const auto& [source, allowed] : rails.allowed) {
      ignored.insert(ignored.end(), allowed.networks.begin(),
                     allowed.networks.end());
    }
    ignored = DisjointNetworks(std::move(ignored));
  }
  return jails;
}

absl::Status CheckJailSize(const JailSet& jails) {
  size_t bytes = 0;
  for (const auto& [name, jail] : jails) {
    bytes += JailToProto(jail).ByteSizeLong();
  }
  if (bytes <= kMaxJailBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the jails and what they ignore are too large for one "
                   "message to agents: ",
                   bytes, " bytes, at most ", kMaxJailBytes));
}

absl::Status NoSuchJail(const std::string& jail) {
  return absl::NotFoundError(absl::StrCat(
      "there is no jail '", jail, "'; mxbanctl jails lists those in force"));
}

bool CountAlike(const JailSet& before, const JailSet& after) {
  return std::equal(before.begin(), before.end(), after.begin(), after.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first &&
                             Counted(a.second) == Counted(b.second);
                    });
}

}  // namespace mxban
