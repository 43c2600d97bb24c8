#ifndef MXBAN_AGENT_FIREWALL_NFT_NETLINK_H_
#define MXBAN_AGENT_FIREWALL_NFT_NETLINK_H_

// Our nftables table in the kernel, through netlink sockets: batches go in,
// listings and news of what others change come out.
//
// Knows nothing of jails. Errors:
//
//   PERMISSION_DENIED   CAP_NET_ADMIN is missing.
//   UNIMPLEMENTED       the kernel has no nf_tables, or not all that it takes.
//   NOT_FOUND           a table, chain or set is missing.
//   ALREADY_EXISTS      an element is there that should be new, or a set of
//                       another kind.
//   RESOURCE_EXHAUSTED  no room for another element.
//   UNAVAILABLE         others kept changing the tables.
//   DEADLINE_EXCEEDED   the kernel does not answer.
//   INTERNAL            anything else.
//
// Thread-compatible. Belongs to the network namespace of the thread that opens
// it.

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/netlink_socket.h"
#include "agent/firewall/nft_message.h"

namespace mxban {

class NftNetlink {
 public:
  static absl::StatusOr<std::unique_ptr<NftNetlink>> Open();

  // Makes all changes of `batch`, or none. While many elements are changed, the
  // kernel need not write news of each: its generation tells whether somebody
  // else was there too.
  absl::Status Commit(NftBatch batch);

  // Goes up by one with each commit of anybody.
  absl::StatusOr<uint32_t> Generation();

  // What stands. A table that is missing is no error.
  absl::StatusOr<NftTable> Read();
  absl::StatusOr<std::vector<NftElement>> Elements(const NftSet& set);

  // Becomes readable when something was changed.
  int news() const { return news_.descriptor(); }

  // Reads the news; whether somebody else changed our table, or may have.
  bool SomebodyChanged();

 private:
  NftNetlink(NetlinkSocket requests, NetlinkSocket news)
      : requests_(std::move(requests)), news_(std::move(news)) {}

  absl::Status Send(NftBatch batch);

  // Sends a request that carries sequence_, and hands each part of the answer
  // to `visit`. Returns whether anybody changed any table meanwhile.
  absl::StatusOr<bool> Ask(absl::string_view request,
                           absl::FunctionRef<void(const NetlinkPart&)> visit);

  // What is left of an answer that ended in an error must not pass for the
  // next.
  void DropOldAnswers();

  NetlinkSocket requests_;
  NetlinkSocket news_;
  uint32_t sequence_ = 0;
  bool more_may_come_ = false;  // Of an answer that was not read to its end.
  bool missed_news_ = false;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NFT_NETLINK_H_
