#include "agent/firewall/sock_diag_message.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/types/span.h"
#include "agent/firewall/netlink_message.h"

namespace mxban {
namespace {

constexpr uint32_t kStates = 1u << TCP_ESTABLISHED | 1u << TCP_SYN_RECV |
                             1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 |
                             1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK |
                             1u << TCP_CLOSING;

// A program by which the kernel chooses sockets: each operation leads on to the
// next, or past the end, which means no.
class SocketFilter {
 public:
  void PutPort(uint8_t code, uint16_t port) {
    const inet_diag_bc_op argument = {0, 0, port};
    Put(code, absl::string_view(reinterpret_cast<const char*>(&argument),
                                sizeof(argument)));
  }

  void PutRemote(const IpNetwork& network) {
    inet_diag_hostcond condition = {};
    condition.family = network.is_ipv4() ? AF_INET : AF_INET6;
    condition.prefix_len = static_cast<uint8_t>(network.prefix_length());
    condition.port = -1;  // Any.
    std::string argument(reinterpret_cast<const char*>(&condition),
                         sizeof(condition));
    argument.append(reinterpret_cast<const char*>(network.bytes().data()),
                    network.bytes().size());
    Put(INET_DIAG_BC_D_COND, argument);
  }

  std::string Finish() {
    size_t left = bytes_.size();
    for (const size_t start : starts_) {
      inet_diag_bc_op operation;
      std::memcpy(&operation, &bytes_[start], sizeof(operation));
      operation.no = static_cast<uint16_t>(left + sizeof(operation));
      std::memcpy(&bytes_[start], &operation, sizeof(operation));
      left -= operation.yes;
    }
    return bytes_;
  }

 private:
  void Put(uint8_t code, absl::string_view argument) {
    const inet_diag_bc_op operation = {
        code, static_cast<uint8_t>(sizeof(inet_diag_bc_op) + argument.size()),
        0};
    starts_.push_back(bytes_.size());
    bytes_.append(reinterpret_cast<const char*>(&operation), sizeof(operation));
    bytes_.append(argument.data(), argument.size());
  }

  std::string bytes_;
  std::vector<size_t> starts_;
};

IpNetwork RemoteOf(const inet_diag_msg& socket) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(socket.id.idiag_dst);
  if (socket.idiag_family == AF_INET) {
    return IpNetwork::FromBytes(absl::MakeConstSpan(bytes, 4), 32);
  }
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0,   0,
                                          0, 0, 0, 0, 255, 255};
  if (std::equal(std::begin(kMapped), std::end(kMapped), bytes)) {
    return IpNetwork::FromBytes(absl::MakeConstSpan(bytes + 12, 4), 32);
  }
  return IpNetwork::FromBytes(absl::MakeConstSpan(bytes, 16), 128);
}

void ParseSession(absl::string_view payload, SessionReply& reply) {
  if (payload.size() < sizeof(inet_diag_msg)) return;
  inet_diag_msg socket;
  std::memcpy(&socket, payload.data(), sizeof(socket));
  inet_diag_req_v2 name = {};
  name.sdiag_family = socket.idiag_family;
  name.sdiag_protocol = IPPROTO_TCP;
  name.idiag_states = ~0u;
  name.id = socket.id;
  reply.sessions.push_back(
      {RemoteOf(socket), ntohs(socket.id.idiag_sport),
       std::string(reinterpret_cast<const char*>(&name), sizeof(name))});
}

}  // namespace

std::string SessionDumpRequest(uint32_t sequence, PortRange ports,
                               const std::optional<IpNetwork>& remote) {
  // The older of the two requests is the one that knows no family: the sockets
  // of both are found in one walk.
  inet_diag_req head = {};
  head.idiag_states = kStates;
  NetlinkMessage request(TCPDIAG_GETSOCK, NLM_F_DUMP, sequence, head);
  SocketFilter filter;
  filter.PutPort(INET_DIAG_BC_S_GE, ports.first);
  filter.PutPort(INET_DIAG_BC_S_LE, ports.last);
  if (remote.has_value()) filter.PutRemote(*remote);
  request.PutBytes(INET_DIAG_REQ_BYTECODE, filter.Finish());
  return std::move(request).Finish();
}

std::string SessionDestroyRequest(uint32_t sequence,
                                  const TcpSession& session) {
  return NetlinkMessage(SOCK_DESTROY, NLM_F_ACK, sequence, session.socket)
      .Finish();
}

void ParseSessionReply(absl::string_view datagram, uint32_t sequence,
                       SessionReply& reply) {
  ForEachMessage(datagram, [&](const NetlinkPart& part) {
    if (part.sequence != sequence) return;
    if (part.type == NLMSG_ERROR || part.type == NLMSG_DONE) {
      reply.finished = true;
      reply.error = ErrorIn(part);
    } else if (part.type == TCPDIAG_GETSOCK) {
      ParseSession(part.payload, reply);
    }
  });
}

}  // namespace mxban
