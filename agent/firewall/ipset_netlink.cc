#include "agent/firewall/ipset_netlink.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/firewall/ipset_error.h"
#include "common/status_macros.h"

namespace mxban {

absl::StatusOr<std::unique_ptr<IpsetNetlink>> IpsetNetlink::Open() {
  ASSIGN_OR_RETURN(NetlinkSocket socket,
                   NetlinkSocket::Open(NETLINK_NETFILTER, "ipset"));
  auto ipset =
      std::unique_ptr<IpsetNetlink>(new IpsetNetlink(std::move(socket)));
  ASSIGN_OR_RETURN(IpsetReply reply,
                   ipset->Ask(IpsetProtocolRequest(++ipset->sequence_)));
  // Where nobody answers for ipset, nfnetlink calls the request invalid.
  if (reply.error == EINVAL) reply.error = EOPNOTSUPP;
  if (reply.error != 0) return IpsetError(reply.error, "use ipset");
  return ipset;
}

absl::Status IpsetNetlink::Create(const IpsetHeader& header) {
  return Demand(IpsetCreateRequest(++sequence_, header),
                absl::StrCat("create set ", header.name))
      .status();
}

absl::Status IpsetNetlink::Destroy(absl::string_view set) {
  const absl::Status status = Demand(IpsetDestroyRequest(++sequence_, set),
                                     absl::StrCat("destroy set ", set))
                                  .status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status IpsetNetlink::Swap(absl::string_view set,
                                absl::string_view other) {
  return Demand(IpsetSwapRequest(++sequence_, set, other),
                absl::StrCat("swap set ", set))
      .status();
}

absl::Status IpsetNetlink::Add(absl::string_view set,
                               absl::Span<const IpsetElement> elements) {
  return Change(IpsetChange::kAdd, set, elements);
}

absl::Status IpsetNetlink::Delete(absl::string_view set,
                                  absl::Span<const IpsetElement> elements) {
  return Change(IpsetChange::kDelete, set, elements);
}

absl::StatusOr<std::vector<std::string>> IpsetNetlink::Names() {
  ASSIGN_OR_RETURN(
      const IpsetReply reply,
      Demand(IpsetListRequest(++sequence_, IpsetListing::kNames, ""),
             "list the sets"));
  std::vector<std::string> names;
  for (const IpsetHeader& set : reply.sets) names.push_back(set.name);
  return names;
}

absl::StatusOr<IpsetHeader> IpsetNetlink::Header(absl::string_view set) {
  ASSIGN_OR_RETURN(
      IpsetReply reply,
      Demand(IpsetListRequest(++sequence_, IpsetListing::kHeader, set),
             absl::StrCat("list set ", set)));
  if (reply.sets.empty()) return IpsetError(ENOENT, absl::StrCat("list ", set));
  return std::move(reply.sets.front());
}

absl::StatusOr<std::vector<IpsetHeader>> IpsetNetlink::Headers() {
  ASSIGN_OR_RETURN(
      IpsetReply reply,
      Demand(IpsetListRequest(++sequence_, IpsetListing::kHeaders, ""),
             "list the sets"));
  return std::move(reply.sets);
}

absl::StatusOr<std::vector<IpsetElement>> IpsetNetlink::Elements(
    absl::string_view set) {
  ASSIGN_OR_RETURN(
      IpsetReply reply,
      Demand(IpsetListRequest(++sequence_, IpsetListing::kElements, set),
             absl::StrCat("list set ", set)));
  return std::move(reply.elements);
}

absl::StatusOr<uint16_t> IpsetNetlink::Index(absl::string_view set) {
  const std::string action = absl::StrCat("find set ", set);
  ASSIGN_OR_RETURN(const IpsetReply reply,
                   Demand(IpsetIndexRequest(++sequence_, set), action));
  if (!reply.index.has_value()) return IpsetError(ENOENT, action);
  return *reply.index;
}

absl::StatusOr<IpsetReply> IpsetNetlink::Ask(const std::string& request) {
  RETURN_IF_ERROR(socket_.Send(request));
  IpsetReply reply;
  while (!reply.finished) {
    ASSIGN_OR_RETURN(const absl::string_view datagram, socket_.Receive());
    ParseIpsetReply(datagram, sequence_, reply);
  }
  return reply;
}

absl::StatusOr<IpsetReply> IpsetNetlink::Demand(const std::string& request,
                                                absl::string_view action) {
  ASSIGN_OR_RETURN(IpsetReply reply, Ask(request));
  if (reply.error != 0) return IpsetError(reply.error, action);
  return reply;
}

absl::Status IpsetNetlink::Change(IpsetChange change, absl::string_view set,
                                  absl::Span<const IpsetElement> elements) {
  absl::Status first_error;
  size_t batch_size = kMaxIpsetBatch;
  while (!elements.empty()) {
    const auto batch = elements.first(std::min(batch_size, elements.size()));
    ASSIGN_OR_RETURN(const IpsetReply reply,
                     Ask(IpsetBatchRequest(++sequence_, change, set, batch)));
    if (reply.error == 0) {
      elements.remove_prefix(batch.size());
      continue;
    }
    if (reply.line == 0 || reply.line > batch.size()) {
      return IpsetError(reply.error, absl::StrCat("change set ", set));
    }
    // The elements before are done. If one does not fit, others may follow.
    first_error.Update(IpsetError(
        reply.error,
        absl::StrCat(change == IpsetChange::kAdd ? "add " : "delete ",
                     batch[reply.line - 1].network.ToString(), " in set ",
                     set)));
    elements.remove_prefix(reply.line);
    batch_size = 1;
  }
  return first_error;
}

}  // namespace mxban
