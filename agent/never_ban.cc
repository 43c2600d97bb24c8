#include "agent/never_ban.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/default_gateways.h"
#include "common/name_lookup.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// The host of `HOST:PORT`, `[ADDRESS]:PORT`, with or without `dns:///`.
std::string HostOf(absl::string_view endpoint) {
  absl::ConsumePrefix(&endpoint, "dns:///");
  const absl::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    return std::string(host.substr(1, host.size() - 2));
  }
  return std::string(host);
}

// Keeps what was known where nothing was found.
void Replace(std::vector<IpNetwork> found, std::vector<IpNetwork>& known) {
  if (!found.empty()) known = std::move(found);
}

}  // namespace

absl::StatusOr<NeverBan> NeverBan::Create(
    const std::vector<std::string>& configured,
    const std::vector<std::string>& coordinators) {
  NeverBan never_ban;
  never_ban.fixed_ = {IpNetwork::ParseOrDie("127.0.0.0/8"),
                      IpNetwork::ParseOrDie("::1")};
  for (const std::string& text : configured) {
    const absl::StatusOr<IpNetwork> network = IpNetwork::Parse(text);
    if (!network.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--never_ban: ", network.status().message()));
    }
    never_ban.fixed_.push_back(*network);
  }
  for (const std::string& endpoint : coordinators) {
    if (absl::StartsWith(endpoint, "unix:")) continue;
    never_ban.coordinators_[HostOf(endpoint)] = {};
  }
  return never_ban;
}

NeverBan::Networks NeverBan::Look() {
  Replace(OwnAddresses(), own_addresses_);
  // A host may come to have no gateway.
  absl::StatusOr<std::vector<IpNetwork>> gateways = DefaultGateways();
  if (gateways.ok()) {
    gateways_ = *std::move(gateways);
  } else if (!std::exchange(lacks_gateways_, true)) {
    spdlog::warn("gateways may be banned: {}",
                 std::string(gateways.status().message()));
  }
  Networks networks = {fixed_, own_addresses_};
  absl::c_copy(own_addresses_, std::back_inserter(networks.all));
  absl::c_copy(gateways_, std::back_inserter(networks.all));
  for (auto& [host, addresses] : coordinators_) {
    Replace(LookUpName(host), addresses);
    absl::c_copy(addresses, std::back_inserter(networks.all));
  }
  for (std::vector<IpNetwork>* list :
       {&networks.all, &networks.own_addresses}) {
    absl::c_sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return networks;
}

}  // namespace mxban
