#include "agent/firewall/sock_diag_message.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "agent/firewall/netlink_message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::IsEmpty;

constexpr uint32_t kSequence = 7;

template <typename T>
T Read(absl::string_view bytes) {
  T value = {};
  EXPECT_GE(bytes.size(), sizeof(value));
  if (bytes.size() >= sizeof(value)) {
    std::memcpy(&value, bytes.data(), sizeof(value));
  }
  return value;
}

// What the kernel knows of a socket.
struct Socket {
  uint16_t local_port = 25;
  IpNetwork remote = IpNetwork::ParseOrDie("203.0.113.7");
  bool is_ipv6 = false;  // Its family, whoever the client is.
};

absl::string_view Program(const std::string& request) {
  absl::string_view program;
  ForEachMessage(request, [&](const NetlinkPart& part) {
    program = FindAttribute(AfterHead(part.payload, sizeof(inet_diag_req)),
                            INET_DIAG_REQ_BYTECODE);
  });
  return program;
}

// What an operation asks, as the kernel's inet_diag_bc_run() does.
bool Holds(const inet_diag_bc_op& operation, absl::string_view argument,
           const Socket& socket) {
  if (operation.code != INET_DIAG_BC_D_COND) {
    const auto port = Read<inet_diag_bc_op>(argument).no;
    return operation.code == INET_DIAG_BC_S_GE ? socket.local_port >= port
                                               : socket.local_port <= port;
  }
  const auto condition = Read<inet_diag_hostcond>(argument);
  if (condition.port != -1) return false;
  const bool is_ipv4 = condition.family == AF_INET;
  // The kernel compares an IPv4 address with mapped ones, too.
  if (!is_ipv4 && !socket.is_ipv6) return false;
  if (is_ipv4 != socket.remote.is_ipv4()) return false;
  const auto* address =
      reinterpret_cast<const uint8_t*>(argument.data()) + sizeof(condition);
  return IpNetwork::FromBytes(absl::MakeConstSpan(address, is_ipv4 ? 4u : 16u),
                              condition.prefix_len)
      .Contains(socket.remote);
}

// Walks the program as the kernel does, which first audits it so.
bool Accepts(absl::string_view program, const Socket& socket) {
  auto left = static_cast<int>(program.size());
  while (left > 0) {
    const absl::string_view rest = program.substr(program.size() - left);
    const auto operation = Read<inet_diag_bc_op>(rest);
    EXPECT_EQ(operation.yes % 4, 0);
    EXPECT_EQ(operation.no % 4, 0);
    EXPECT_GE(operation.yes, 2 * sizeof(operation));
    EXPECT_LE(operation.yes, left);
    EXPECT_GE(operation.no, operation.yes);
    EXPECT_LE(operation.no, left + 4);
    const absl::string_view argument =
        rest.substr(sizeof(operation), operation.yes - sizeof(operation));
    left -= Holds(operation, argument, socket) ? operation.yes : operation.no;
  }
  return left == 0;
}

// The kernel's answer that tells of `socket`.
std::string Told(const Socket& socket, uint32_t sequence = kSequence) {
  inet_diag_msg message = {};
  message.idiag_family = socket.is_ipv6 ? AF_INET6 : AF_INET;
  message.id.idiag_sport = htobe16(socket.local_port);
  message.id.idiag_cookie[0] = 99;
  auto* remote = reinterpret_cast<char*>(message.id.idiag_dst);
  if (socket.is_ipv6 && socket.remote.is_ipv4()) {
    remote[10] = remote[11] = '\xff';
    remote += 12;
  }
  std::memcpy(remote, socket.remote.bytes().data(),
              socket.remote.bytes().size());
  return NetlinkMessage(TCPDIAG_GETSOCK, NLM_F_MULTI, sequence, message)
      .Finish();
}

std::string End(uint16_t type, int error) {
  return NetlinkMessage(type, 0, kSequence, error).Finish();
}

SessionReply Parse(const std::string& datagram) {
  SessionReply reply;
  ParseSessionReply(datagram, kSequence, reply);
  return reply;
}

TEST(SockDiagMessageTest, ADumpAsksForTcpSocketsOfBothFamiliesNotListening) {
  const std::string request =
      SessionDumpRequest(kSequence, {25, 25}, std::nullopt);
  ForEachMessage(request, [&](const NetlinkPart& part) {
    EXPECT_EQ(part.type, TCPDIAG_GETSOCK);
    EXPECT_EQ(part.flags & NLM_F_DUMP, NLM_F_DUMP);
    const auto head = Read<inet_diag_req>(part.payload);
    EXPECT_EQ(head.idiag_family, AF_UNSPEC);
    constexpr int kEstablished = 1, kTimeWait = 6, kListen = 10;
    EXPECT_TRUE(head.idiag_states >> kEstablished & 1);
    EXPECT_FALSE(head.idiag_states >> kTimeWait & 1);
    EXPECT_FALSE(head.idiag_states >> kListen & 1);
  });
}

TEST(SockDiagMessageTest, TheKernelChoosesByLocalPort) {
  const std::string request =
      SessionDumpRequest(kSequence, {465, 587}, std::nullopt);
  for (const auto& [port, accepts] : {std::pair<uint16_t, bool>(464, false),
                                      {465, true},
                                      {500, true},
                                      {587, true},
                                      {588, false},
                                      {0, false},
                                      {65535, false}}) {
    EXPECT_EQ(Accepts(Program(request), {.local_port = port}), accepts) << port;
  }
}

TEST(SockDiagMessageTest, TheKernelChoosesByRemoteAddress) {
  struct {
    const char* network;
    const char* remote;
    bool is_ipv6;
    bool accepts;
  } kCases[] = {{"203.0.113.7", "203.0.113.7", false, true},
                {"203.0.113.7", "203.0.113.7", true, true},
                {"203.0.113.7", "203.0.113.8", false, false},
                {"203.0.113.0/25", "203.0.113.127", false, true},
                {"203.0.113.0/25", "203.0.113.128", true, false},
                {"2001:db8::/64", "2001:db8::99", true, true},
                {"2001:db8::/64", "2001:db8:0:1::", true, false},
                {"2001:db8::/64", "203.0.113.7", false, false}};
  for (const auto& c : kCases) {
    const std::string request = SessionDumpRequest(
        kSequence, {25, 25}, IpNetwork::ParseOrDie(c.network));
    Socket socket = {25, IpNetwork::ParseOrDie(c.remote), c.is_ipv6};
    EXPECT_EQ(Accepts(Program(request), socket), c.accepts)
        << c.network << ' ' << c.remote;
    socket.local_port = 26;
    EXPECT_FALSE(Accepts(Program(request), socket));
  }
}

TEST(SockDiagMessageTest, ASessionIsReadAsTheKernelTellsIt) {
  for (const auto& [remote, is_ipv6] : {std::pair("203.0.113.7", false),
                                        {"203.0.113.7", true},
                                        {"2001:db8::7", true}}) {
    const Socket socket = {587, IpNetwork::ParseOrDie(remote), is_ipv6};
    const SessionReply reply = Parse(Told(socket));
    EXPECT_FALSE(reply.finished);
    ASSERT_EQ(reply.sessions.size(), 1);
    EXPECT_EQ(reply.sessions[0].remote, socket.remote);
    EXPECT_EQ(reply.sessions[0].local_port, 587);
  }
}

TEST(SockDiagMessageTest, ASessionIsDestroyedByItsCookieAndInItsFamily) {
  const SessionReply reply = Parse(Told({.is_ipv6 = true}));
  ASSERT_EQ(reply.sessions.size(), 1);
  const std::string request = SessionDestroyRequest(9, reply.sessions[0]);
  ForEachMessage(request, [&](const NetlinkPart& part) {
    EXPECT_EQ(part.type, SOCK_DESTROY);
    EXPECT_EQ(part.sequence, 9);
    EXPECT_EQ(part.flags, NLM_F_REQUEST | NLM_F_ACK);
    const auto name = Read<inet_diag_req_v2>(part.payload);
    EXPECT_EQ(name.sdiag_family, AF_INET6);
    EXPECT_EQ(name.id.idiag_cookie[0], 99);
  });
}

TEST(SockDiagMessageTest, TheEndAndAnErrorAreTold) {
  EXPECT_TRUE(Parse(Told({}) + End(NLMSG_DONE, 0)).finished);
  EXPECT_EQ(Parse(End(NLMSG_DONE, 0)).error, 0);
  EXPECT_EQ(Parse(End(NLMSG_ERROR, -95)).error, 95);
  EXPECT_TRUE(Parse(End(NLMSG_ERROR, 0)).finished);
}

TEST(SockDiagMessageTest, AnswersToOthersAreSkipped) {
  EXPECT_THAT(Parse(Told({}, kSequence + 1)).sessions, IsEmpty());
}

TEST(SockDiagMessageTest, WhatIsCutShortIsNoSession) {
  std::mt19937 random(1);
  const std::string whole = Told({}) + Told({.is_ipv6 = true});
  for (size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_EQ(Parse(whole.substr(0, size)).sessions.size(),
              2 * size / whole.size());
  }
  const inet_diag_msg part = {};
  for (size_t size = 0; size < sizeof(part); size += 4) {
    const absl::string_view head(reinterpret_cast<const char*>(&part), size);
    EXPECT_THAT(
        Parse(NetlinkMessage(TCPDIAG_GETSOCK, 0, kSequence, head).Finish())
            .sessions,
        IsEmpty());
  }
  for (int round = 0; round < 20'000; ++round) {
    std::string datagram = whole.substr(0, random() % (whole.size() + 1));
    if (datagram.empty()) continue;
    datagram[random() % datagram.size()] = static_cast<char>(random());
    (void)Parse(datagram);
  }
}

}  // namespace
}  // namespace mxban
