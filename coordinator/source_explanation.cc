#include "coordinator/source_explanation.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ban_policy.h"
#include "common/escalation.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// More says no more.
constexpr size_t kMaxFailures = 1'000;

// What no jail would ever ban.
std::string AllowedBy(const RailState& rails, const IpNetwork& source) {
  for (const auto& [name, allowed] : rails.allowed) {
    for (const IpNetwork& network : allowed.networks) {
      if (!network.Overlaps(source)) continue;
      return absl::StrCat("the allow list has ", name, ", by ", allowed.who,
                          allowed.reason.empty() ? "" : ": ", allowed.reason);
    }
  }
  const std::optional<IpNetwork> nobodys = NobodysNetwork(source);
  if (!nobodys) return "";
  return absl::StrCat("no remote host has an address of ", nobodys->ToString());
}

std::string IgnoredBy(const JailVerdict& verdict, const IpNetwork& source) {
  // What it is counted as may hold what is ignored.
  std::optional<IpNetwork> ignored = IgnoredNetwork(verdict.jail, source);
  if (!ignored) ignored = IgnoredNetwork(verdict.jail, verdict.counted_source);
  return ignored ? absl::StrCat("ignoreip ", ignored->ToString()) : "";
}

// What a failure now would count together with.
void CountFailures(const DecisionLoop::View& view, JailVerdict& verdict) {
  std::set<std::string> servers;
  for (const StoredFailure& failure : verdict.failures) {
    const bool is_forgiven = view.right_logins.Forgives(failure);
    verdict.are_forgiven.push_back(is_forgiven);
    const bool is_old = failure.time <= view.now - verdict.jail.find_time;
    if (is_forgiven || is_old) continue;
    ++verdict.failure_count;
    servers.insert(failure.server);
  }
  verdict.servers.assign(servers.begin(), servers.end());
}

// What was is part of what comes.
absl::Status AddEarlierBans(const DecisionLoop::View& view, const BanKey& key,
                            JailVerdict& verdict) {
  ASSIGN_OR_RETURN(const BanCounts counts, view.store.BanCountsOf(key));
  const uint32_t standing = view.table.Find(key) ? 1 : 0;
  verdict.previous_ban_count =
      counts.in_jail - std::min(standing, counts.in_jail);
  const bool over_all =
      verdict.jail.escalation && verdict.jail.escalation->over_all_jails;
  const uint32_t count = over_all ? counts.in_all_jails : counts.in_jail;
  verdict.failure_weight =
      FailureWeight(verdict.jail, count - std::min(standing, count));
  verdict.next_ban_time = EscalatedBanTime(verdict.jail, count, 0);
  return absl::OkStatus();
}

bool IsWorthTelling(const JailVerdict& verdict) {
  return !verdict.bans.empty() || !verdict.failures.empty() ||
         verdict.previous_ban_count > 0 || !verdict.ignored_by.empty() ||
         verdict.held.has_value() || verdict.right_login_time.has_value() ||
         verdict.pardon_time != absl::InfinitePast();
}

absl::StatusOr<JailVerdict> Judge(const DecisionLoop::View& view,
                                  const Jail& jail, const IpNetwork& source) {
  JailVerdict verdict;
  verdict.jail = jail;
  verdict.counted_source = source.is_address() ? jail.SourceOf(source) : source;
  const BanKey key = {jail.name, verdict.counted_source};
  verdict.bans = view.table.Covering(source, jail.name);
  std::sort(
      verdict.bans.begin(), verdict.bans.end(), [](const Ban& a, const Ban& b) {
        return a.key.source.prefix_length() > b.key.source.prefix_length();
      });
  ASSIGN_OR_RETURN(verdict.failures, view.store.FailuresOf(key, kMaxFailures));
  CountFailures(view, verdict);
  RETURN_IF_ERROR(AddEarlierBans(view, key, verdict));
  verdict.held = view.held.Find(key);
  verdict.right_login_time = view.right_logins.NewestOf(key);
  verdict.pardon_time = view.pardons.NewestOf(key);
  verdict.ignored_by = IgnoredBy(verdict, source);
  return verdict;
}

}  // namespace

absl::StatusOr<SourceExplanation> ExplainSource(const DecisionLoop::View& view,
                                                const IpNetwork& source) {
  SourceExplanation explanation = {
      source, view.now, AllowedBy(view.rails, source), {}, view.rails.pause};
  JailSet jails = view.jails;
  // A ban outlives its jail.
  for (const Ban& ban : view.table.Covering(source, "")) {
    jails.try_emplace(ban.key.jail).first->second.name = ban.key.jail;
  }
  for (const auto& [name, jail] : jails) {
    ASSIGN_OR_RETURN(JailVerdict verdict, Judge(view, jail, source));
    if (IsWorthTelling(verdict)) {
      explanation.verdicts.push_back(std::move(verdict));
    }
  }
  return explanation;
}

}  // namespace mxban
