#include "agent/firewall/family.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace mxban {
namespace {

void MergeHalves(absl::string_view lower, absl::string_view upper,
                 std::vector<IpNetwork>& networks) {
  const IpNetwork halves[] = {IpNetwork::ParseOrDie(lower),
                              IpNetwork::ParseOrDie(upper)};
  for (const IpNetwork& half : halves) {
    if (!std::count(networks.begin(), networks.end(), half)) return;
  }
  std::erase(networks, halves[1]);
  std::replace(networks.begin(), networks.end(), halves[0],
               halves[0].Widened(0));
}

}  // namespace

std::vector<Family> KernelFamilies() {
  const int socket = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0 && errno == EAFNOSUPPORT) return {Family::kIpv4};
  if (socket >= 0) close(socket);
  return {Family::kIpv4, Family::kIpv6};
}

void AppendKernelForm(const IpNetwork& network,
                      std::vector<IpNetwork>& networks) {
  if (network.prefix_length() > 0) {
    networks.push_back(network);
    return;
  }
  std::vector<uint8_t> bytes(network.bytes().begin(), network.bytes().end());
  networks.push_back(IpNetwork::FromBytes(bytes, 1));
  bytes.front() = 0x80;
  networks.push_back(IpNetwork::FromBytes(bytes, 1));
}

void SortAndMergeHalves(std::vector<IpNetwork>& networks) {
  MergeHalves("0.0.0.0/1", "128.0.0.0/1", networks);
  MergeHalves("::/1", "8000::/1", networks);
  std::sort(networks.begin(), networks.end());
}

}  // namespace mxban
