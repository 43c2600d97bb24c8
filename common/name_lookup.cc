#include "common/name_lookup.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

namespace mxban {
namespace {

// Adds what `address` holds, if that is an IP address and new.
void Add(const sockaddr* address, std::vector<IpNetwork>& list) {
  if (address == nullptr) return;
  const auto add = [&](const void* bytes, size_t size) {
    const IpNetwork network = IpNetwork::FromBytes(
        {static_cast<const uint8_t*>(bytes), size}, static_cast<int>(size) * 8);
    for (const IpNetwork& known : list) {
      if (known == network) return;
    }
    list.push_back(network);
  };
  if (address->sa_family == AF_INET) {
    add(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    add(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  }
}

}  // namespace

std::vector<IpNetwork> LookUpName(const std::string& name) {
  std::vector<IpNetwork> addresses;
  addrinfo* found = nullptr;
  const addrinfo hints = {.ai_socktype = SOCK_STREAM};
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return {};
  for (const addrinfo* i = found; i != nullptr; i = i->ai_next) {
    Add(i->ai_addr, addresses);
  }
  freeaddrinfo(found);
  return addresses;
}

std::vector<IpNetwork> OwnAddresses() {
  std::vector<IpNetwork> addresses;
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  for (const ifaddrs* i = interfaces; i != nullptr; i = i->ifa_next) {
    Add(i->ifa_addr, addresses);
  }
  freeifaddrs(interfaces);
  return addresses;
}

}  // namespace mxban
