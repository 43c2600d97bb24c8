#ifndef MXBAN_AGENT_FIREWALL_IPSET_NETLINK_H_
#define MXBAN_AGENT_FIREWALL_IPSET_NETLINK_H_

// The kernel's sets, through a netlink socket: one system call each way for a
// change, a few microseconds with ten elements or a million.
//
// Knows nothing of jails. Errors are those of IpsetError(), and
// DEADLINE_EXCEEDED if the kernel does not answer at all.
//
// Thread-compatible. Belongs to the network namespace of the thread that opens
// it.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/firewall/ipset_message.h"
#include "agent/firewall/netlink_socket.h"

namespace mxban {

class IpsetNetlink {
 public:
  // UNIMPLEMENTED if the kernel has no ipset.
  static absl::StatusOr<std::unique_ptr<IpsetNetlink>> Open();

  // Creates a set. Succeeds if it exists just so, whatever is in it;
  // ALREADY_EXISTS if it exists otherwise. `element_count` and `index` are not
  // looked at.
  absl::Status Create(const IpsetHeader& header);

  // Succeeds if there is none. UNAVAILABLE while a rule names it.
  absl::Status Destroy(absl::string_view set);

  // Exchanges what two sets of one type and family hold, in one step. Rules
  // keep to the name.
  absl::Status Swap(absl::string_view set, absl::string_view other);

  // Adds elements, or sets the timeouts of those that are there. One that the
  // kernel refuses does not keep back the others; the first error is returned.
  absl::Status Add(absl::string_view set,
                   absl::Span<const IpsetElement> elements);

  // Deletes elements; absent ones are no error. Timeouts are not looked at.
  absl::Status Delete(absl::string_view set,
                      absl::Span<const IpsetElement> elements);

  // The names of all sets in this namespace, foreign ones too.
  absl::StatusOr<std::vector<std::string>> Names();

  // What the set is, and what each in this namespace is. The kernel walks
  // through the elements to count them, but hands none over.
  absl::StatusOr<IpsetHeader> Header(absl::string_view set);
  absl::StatusOr<std::vector<IpsetHeader>> Headers();

  // What is in the set.
  absl::StatusOr<std::vector<IpsetElement>> Elements(absl::string_view set);

  // The number by which rules know the set.
  absl::StatusOr<uint16_t> Index(absl::string_view set);

 private:
  explicit IpsetNetlink(NetlinkSocket socket) : socket_(std::move(socket)) {}

  // Sends a request that carries sequence_ and collects the answer. An error
  // in it is left in the reply.
  absl::StatusOr<IpsetReply> Ask(const std::string& request);

  // The same, with an error in the reply told as a failure to `action`.
  absl::StatusOr<IpsetReply> Demand(const std::string& request,
                                    absl::string_view action);

  absl::Status Change(IpsetChange change, absl::string_view set,
                      absl::Span<const IpsetElement> elements);

  NetlinkSocket socket_;
  uint32_t sequence_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPSET_NETLINK_H_
