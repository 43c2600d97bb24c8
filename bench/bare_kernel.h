#ifndef MXBAN_BENCH_BARE_KERNEL_H_
#define MXBAN_BENCH_BARE_KERNEL_H_

// The kernel alone: messages that were written beforehand, answers that are not
// read closely. What we add to it is the overhead.
//
// Works in the network namespace in which it is made.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "agent/firewall/netlink_socket.h"
#include "common/ip_network.h"

namespace mxban {

class BareKernel {
 public:
  // `kind` is `ipset` or `nftables`, and the jail `smtp` is set up with it.
  explicit BareKernel(std::string kind);

  // Messages that ban `sources`, IPv4 addresses, for hours; at most `batch` of
  // them each.
  std::vector<std::string> Write(absl::Span<const IpNetwork> sources,
                                 size_t batch) const;

  absl::Status Send(const std::vector<std::string>& messages);

 private:
  const std::string kind_;
  NetlinkSocket socket_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_BARE_KERNEL_H_
