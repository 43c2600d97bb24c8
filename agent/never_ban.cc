#include "agent/never_ban.h"

#include <algorithm>
#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/name_lookup.h"

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

}  // namespace

absl::StatusOr<std::vector<IpNetwork>> NeverBanList(
    const std::vector<std::string>& configured,
    const std::vector<std::string>& coordinators) {
  std::vector<IpNetwork> list = {IpNetwork::ParseOrDie("127.0.0.0/8"),
                                 IpNetwork::ParseOrDie("::1")};
  for (const std::string& text : configured) {
    const absl::StatusOr<IpNetwork> network = IpNetwork::Parse(text);
    if (!network.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--never_ban: ", network.status().message()));
    }
    list.push_back(*network);
  }
  absl::c_move(OwnAddresses(), std::back_inserter(list));
  for (const std::string& endpoint : coordinators) {
    if (absl::StartsWith(endpoint, "unix:")) continue;
    absl::c_move(LookUpName(HostOf(endpoint)), std::back_inserter(list));
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace mxban
