// What a kernel may say of routes; tests/system asks a real one.

#include "agent/default_gateways.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "agent/firewall/netlink_message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint32_t kSequence = 7;

std::string Bytes(const char* address) {
  const IpNetwork network = IpNetwork::ParseOrDie(address);
  return std::string(network.bytes().begin(), network.bytes().end());
}

NetlinkMessage Route(uint8_t destination_length = 0,
                     uint8_t type = RTN_UNICAST) {
  rtmsg route = {};
  route.rtm_dst_len = destination_length;
  route.rtm_type = type;
  return NetlinkMessage(RTM_NEWROUTE, NLM_F_MULTI, kSequence, route);
}

std::vector<std::string> Gateways(NetlinkMessage message) {
  RouteReply reply;
  ParseRouteReply(std::move(message).Finish(), kSequence, reply);
  std::vector<std::string> gateways;
  for (const IpNetwork& gateway : reply.gateways) {
    gateways.push_back(gateway.ToString());
  }
  return gateways;
}

TEST(DefaultGatewaysTest, AGatewayOfADefaultRoute) {
  NetlinkMessage route = Route();
  route.PutBytes(RTA_GATEWAY, Bytes("192.0.2.1"));
  EXPECT_THAT(Gateways(std::move(route)), ElementsAre("192.0.2.1"));
  NetlinkMessage route6 = Route();
  route6.PutBytes(RTA_GATEWAY, Bytes("fe80::1"));
  EXPECT_THAT(Gateways(std::move(route6)), ElementsAre("fe80::1"));
}

TEST(DefaultGatewaysTest, AGatewayOfTheOtherFamily) {
  NetlinkMessage route = Route();
  const uint16_t family = AF_INET6;
  route.PutBytes(RTA_VIA,
                 std::string(reinterpret_cast<const char*>(&family), 2) +
                     Bytes("2001:db8::1"));
  EXPECT_THAT(Gateways(std::move(route)), ElementsAre("2001:db8::1"));
}

TEST(DefaultGatewaysTest, NoOtherRouteMatters) {
  NetlinkMessage route = Route(24);
  route.PutBytes(RTA_GATEWAY, Bytes("192.0.2.1"));
  EXPECT_THAT(Gateways(std::move(route)), IsEmpty());
  NetlinkMessage unreachable = Route(0, RTN_UNREACHABLE);
  unreachable.PutBytes(RTA_GATEWAY, Bytes("192.0.2.1"));
  EXPECT_THAT(Gateways(std::move(unreachable)), IsEmpty());
}

TEST(DefaultGatewaysTest, WhatIsNotInOrderIsPassedOver) {
  NetlinkMessage route = Route();
  route.PutBytes(RTA_GATEWAY, "abc");
  route.PutBytes(RTA_VIA, "x");
  // A hop that claims to be longer than all of them, and one of no length.
  route.PutBytes(RTA_MULTIPATH, std::string(8, '\xff'));
  route.PutBytes(RTA_MULTIPATH, std::string(8, '\0'));
  EXPECT_THAT(Gateways(std::move(route)), IsEmpty());
  EXPECT_THAT(Gateways(NetlinkMessage(RTM_NEWROUTE, 0, kSequence, "")),
              IsEmpty());
  EXPECT_THAT(Gateways(NetlinkMessage(RTM_NEWROUTE, 0, kSequence + 1, "")),
              IsEmpty());
}

TEST(DefaultGatewaysTest, AnErrorEndsTheDump) {
  RouteReply reply;
  const int error = -EPERM;
  ParseRouteReply(NetlinkMessage(NLMSG_ERROR, 0, kSequence, error).Finish(),
                  kSequence, reply);
  EXPECT_TRUE(reply.finished);
  EXPECT_EQ(reply.error, EPERM);
}

TEST(DefaultGatewaysTest, AsksTheKernelOfThisHost) {
  EXPECT_TRUE(DefaultGateways().ok());
}

}  // namespace
}  // namespace mxban
