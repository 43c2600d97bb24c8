#include "agent/never_ban.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

std::optional<IpNetwork> FromSockaddr(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return IpNetwork::FromBytes(
        {reinterpret_cast<const uint8_t*>(&v4->sin_addr), 4}, 32);
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return IpNetwork::FromBytes(
        {reinterpret_cast<const uint8_t*>(&v6->sin6_addr), 16}, 128);
  }
  return std::nullopt;
}

void AddOwnAddresses(std::vector<IpNetwork>& list) {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return;
  for (const ifaddrs* i = interfaces; i != nullptr; i = i->ifa_next) {
    if (const auto address = FromSockaddr(i->ifa_addr)) {
      list.push_back(*address);
    }
  }
  freeifaddrs(interfaces);
}

// The host of `HOST:PORT`, `[ADDRESS]:PORT`, with or without `dns:///`.
std::string HostOf(absl::string_view endpoint) {
  absl::ConsumePrefix(&endpoint, "dns:///");
  const absl::string_view host = endpoint.substr(0, endpoint.rfind(':'));
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    return std::string(host.substr(1, host.size() - 2));
  }
  return std::string(host);
}

void AddAddressesOf(const std::string& host, std::vector<IpNetwork>& list) {
  addrinfo* found = nullptr;
  const addrinfo hints = {.ai_socktype = SOCK_STREAM};
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return;
  for (const addrinfo* i = found; i != nullptr; i = i->ai_next) {
    if (const auto address = FromSockaddr(i->ai_addr)) {
      list.push_back(*address);
    }
  }
  freeaddrinfo(found);
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
  AddOwnAddresses(list);
  for (const std::string& endpoint : coordinators) {
    if (!absl::StartsWith(endpoint, "unix:")) {
      AddAddressesOf(HostOf(endpoint), list);
    }
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace mxban
