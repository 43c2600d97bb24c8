#include "agent/firewall/session_cutter.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"
#include "common/network_set.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// The narrowest range that holds all ports.
PortRange Span(absl::Span<const PortRange> ports) {
  PortRange span = ports.front();
  for (const PortRange& range : ports) {
    span.first = std::min(span.first, range.first);
    span.last = std::max(span.last, range.last);
  }
  return span;
}

bool IsAmong(uint16_t port, absl::Span<const PortRange> ports) {
  return std::any_of(ports.begin(), ports.end(), [port](const PortRange& r) {
    return r.first <= port && port <= r.last;
  });
}

absl::Status SessionError(absl::string_view action, int error) {
  const std::string message =
      absl::StrCat("cannot ", action, ": ", ErrnoText(error));
  switch (error) {
    case 0:
      return absl::OkStatus();
    case EPERM:
      return absl::PermissionDeniedError(message);
    case ENOENT:
    case EOPNOTSUPP:
      return absl::UnimplementedError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

absl::StatusOr<SessionCutter> SessionCutter::Open() {
  ASSIGN_OR_RETURN(NetlinkSocket socket,
                   NetlinkSocket::Open(NETLINK_SOCK_DIAG, "sock_diag"));
  return SessionCutter(std::move(socket));
}

absl::StatusOr<size_t> SessionCutter::Cut(const JailRules& rules,
                                          absl::Span<const IpNetwork> sources) {
  if (sources.empty() || rules.ports.empty()) return 0;
  const NetworkSet banned(sources);
  const NetworkSet allowed(rules.allowed);
  // One ban at a time is the rule; then the kernel looks for its sessions.
  std::optional<IpNetwork> remote;
  if (sources.size() == 1) remote = sources.front();
  ASSIGN_OR_RETURN(
      const SessionReply found,
      Ask(SessionDumpRequest(++sequence_, Span(rules.ports), remote)));
  absl::Status status = SessionError("list sessions", found.error);
  size_t cut = 0;
  for (const TcpSession& session : found.sessions) {
    if (!IsAmong(session.local_port, rules.ports) ||
        !banned.Contains(session.remote) || allowed.Contains(session.remote)) {
      continue;
    }
    ASSIGN_OR_RETURN(const SessionReply destroyed,
                     Ask(SessionDestroyRequest(++sequence_, session)));
    if (destroyed.error == ENOENT) continue;  // It ended by itself.
    if (destroyed.error == 0) ++cut;
    status.Update(SessionError("end a session", destroyed.error));
  }
  if (!status.ok()) return status;
  return cut;
}

absl::StatusOr<SessionReply> SessionCutter::Ask(const std::string& request) {
  RETURN_IF_ERROR(socket_.Send(request));
  SessionReply reply;
  while (!reply.finished) {
    ASSIGN_OR_RETURN(const absl::string_view datagram, socket_.Receive());
    ParseSessionReply(datagram, sequence_, reply);
  }
  return reply;
}

}  // namespace mxban
