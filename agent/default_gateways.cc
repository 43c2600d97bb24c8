#include "agent/default_gateways.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/firewall/netlink_message.h"
#include "agent/firewall/netlink_socket.h"
#include "common/errno_text.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr size_t kIpv4Bytes = 4;
constexpr size_t kIpv6Bytes = 16;

// An address, if `bytes` are one.
void AddAddress(absl::string_view bytes, RouteReply& reply) {
  if (bytes.size() != kIpv4Bytes && bytes.size() != kIpv6Bytes) return;
  reply.gateways.push_back(IpNetwork::FromBytes(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
      static_cast<int>(bytes.size()) * 8));
}

// RTA_VIA: the gateway of a route is of the other family.
void AddVia(absl::string_view value, RouteReply& reply) {
  if (value.size() < sizeof(rtvia)) return;
  AddAddress(value.substr(sizeof(rtvia)), reply);
}

void AddGateways(absl::string_view attributes, RouteReply& reply);

// RTA_MULTIPATH: hops, each with attributes of its own.
void AddHops(absl::string_view value, RouteReply& reply) {
  while (value.size() >= sizeof(rtnexthop)) {
    rtnexthop hop;
    std::memcpy(&hop, value.data(), sizeof(hop));
    if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > value.size()) return;
    AddGateways(value.substr(sizeof(hop), hop.rtnh_len - sizeof(hop)), reply);
    value.remove_prefix(
        std::min<size_t>(RTNH_ALIGN(hop.rtnh_len), value.size()));
  }
}

void AddGateways(absl::string_view attributes, RouteReply& reply) {
  ForEachAttribute(attributes, [&](uint16_t type, absl::string_view value) {
    if (type == RTA_GATEWAY) AddAddress(value, reply);
    if (type == RTA_VIA) AddVia(value, reply);
    if (type == RTA_MULTIPATH) AddHops(value, reply);
  });
}

void ParseRoute(absl::string_view payload, RouteReply& reply) {
  if (payload.size() < sizeof(rtmsg)) return;
  rtmsg route;
  std::memcpy(&route, payload.data(), sizeof(route));
  if (route.rtm_dst_len != 0 || route.rtm_type != RTN_UNICAST) return;
  AddGateways(AfterHead(payload, sizeof(rtmsg)), reply);
}

}  // namespace

absl::StatusOr<std::vector<IpNetwork>> DefaultGateways() {
  ASSIGN_OR_RETURN(NetlinkSocket socket,
                   NetlinkSocket::Open(NETLINK_ROUTE, "rtnetlink"));
  constexpr uint32_t kSequence = 1;
  constexpr rtmsg kAllFamilies = {.rtm_family = AF_UNSPEC};
  RETURN_IF_ERROR(
      socket.Send(NetlinkMessage(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP,
                                 kSequence, kAllFamilies)
                      .Finish()));
  RouteReply reply;
  while (!reply.finished) {
    ASSIGN_OR_RETURN(const absl::string_view datagram, socket.Receive());
    ParseRouteReply(datagram, kSequence, reply);
  }
  if (reply.error == 0) return std::move(reply.gateways);
  return absl::InternalError(
      absl::StrCat("cannot list routes: ", ErrnoText(reply.error)));
}

void ParseRouteReply(absl::string_view datagram, uint32_t sequence,
                     RouteReply& reply) {
  ForEachMessage(datagram, [&](const NetlinkPart& part) {
    if (part.sequence != sequence) return;
    if (part.type == NLMSG_ERROR || part.type == NLMSG_DONE) {
      reply.finished = true;
      reply.error = ErrorIn(part);
    } else if (part.type == RTM_NEWROUTE) {
      ParseRoute(part.payload, reply);
    }
  });
}

}  // namespace mxban
