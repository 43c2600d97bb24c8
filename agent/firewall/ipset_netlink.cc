#include "agent/firewall/ipset_netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

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
namespace {

// An error comes with the whole request, which may be 64 KiB.
constexpr size_t kBufferBytes = 128 * 1024;

// The kernel answers within the system call, and dumps piece by piece as they
// are read; the timeout only guards against waiting for ever.
constexpr timeval kAnswerTimeout = {.tv_sec = 5, .tv_usec = 0};

absl::Status SocketError(absl::string_view action) {
  const int error = errno;
  const std::string message = absl::StrCat(
      "ipset: cannot ", action, ": ", absl::ErrnoToStatus(error, "").message());
  if (error == EPERM || error == EACCES) {
    return absl::PermissionDeniedError(message);
  }
  if (error == EAGAIN) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<IpsetNetlink>> IpsetNetlink::Open() {
  const int socket =
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (socket < 0) {
    return absl::UnimplementedError("this kernel has no netfilter netlink");
  }
  auto ipset = std::unique_ptr<IpsetNetlink>(new IpsetNetlink(socket));
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout,
                 sizeof(kAnswerTimeout)) != 0) {
    return SocketError("open a socket");
  }
  ASSIGN_OR_RETURN(IpsetReply reply,
                   ipset->Ask(IpsetProtocolRequest(++ipset->sequence_)));
  // Where nobody answers for ipset, nfnetlink calls the request invalid.
  if (reply.error == EINVAL) reply.error = EOPNOTSUPP;
  if (reply.error != 0) return IpsetError(reply.error, "use ipset");
  return ipset;
}

IpsetNetlink::IpsetNetlink(int socket)
    : socket_(socket), buffer_(kBufferBytes) {}

IpsetNetlink::~IpsetNetlink() { close(socket_); }

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
  if (send(socket_, request.data(), request.size(), 0) < 0) {
    return SocketError("send to the kernel");
  }
  IpsetReply reply;
  while (!reply.finished) {
    const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SocketError("hear from the kernel");
    ParseIpsetReply(absl::string_view(buffer_.data(), size), sequence_, reply);
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
