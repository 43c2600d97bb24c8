#include "agent/firewall/firewall_channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "agent/firewall/firewall_wire.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

bool SendTo(int requests, absl::string_view message) {
  MessageSender sender(requests);
  return sender.Send(message) && sender.Flush();
}

bool IsOpen(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

TEST(FirewallChannelTest, MessagesKeepTheirBordersBothWays) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  const int ends[] = {pair.client.requests.get(), pair.server.requests.get()};
  const std::string large(kMaxFirewallMessage, 'x');
  for (int from = 0; from < 2; ++from) {
    EXPECT_TRUE(SendTo(ends[from], "one"));
    EXPECT_TRUE(SendTo(ends[from], large));
    MessageReceiver receiver;
    EXPECT_EQ(*receiver.Receive(ends[1 - from]), "one");
    EXPECT_EQ(*receiver.Receive(ends[1 - from]), large);
  }
}

TEST(FirewallChannelTest, SmallMessagesTravelTogether) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  MessageSender sender(pair.client.requests.get());
  const std::string half(kMaxFirewallMessage / 2, 'x');
  for (const std::string& message : {std::string("one"), std::string("two"),
                                     half, half, std::string("last")}) {
    EXPECT_TRUE(sender.Send(message));
  }
  EXPECT_TRUE(sender.Flush());
  EXPECT_TRUE(sender.Flush()) << "of nothing";
  MessageReceiver receiver;
  const int requests = pair.server.requests.get();
  EXPECT_EQ(*receiver.Receive(requests), "one");
  EXPECT_TRUE(receiver.has_more());
  EXPECT_EQ(*receiver.Receive(requests), "two");
  EXPECT_EQ(*receiver.Receive(requests), half);
  EXPECT_FALSE(receiver.has_more()) << "the next did not fit";
  EXPECT_EQ(*receiver.Receive(requests), half);
  EXPECT_EQ(*receiver.Receive(requests), "last");
  EXPECT_FALSE(receiver.has_more());
}

TEST(FirewallChannelTest, WhatIsNoRowOfMessagesIsRefused) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  for (const std::string& datagram :
       {std::string("\x01"), std::string("\0\0", 2), std::string("\x02\0x", 3),
        std::string("\xff\xff") +
            std::string(kMaxFirewallMessage + 100, 'x')}) {
    ASSERT_EQ(
        send(pair.client.requests.get(), datagram.data(), datagram.size(), 0),
        static_cast<ssize_t>(datagram.size()));
    EXPECT_TRUE(absl::IsInvalidArgument(
        MessageReceiver().Receive(pair.server.requests.get()).status()))
        << datagram.substr(0, 9);
  }
}

TEST(FirewallChannelTest, WhatWasSentBeforeTheEndArrives) {
  FirewallChannelPair pair = *OpenFirewallChannel();
  ASSERT_TRUE(SendTo(pair.client.requests.get(), "last"));
  { const FirewallChannel gone = std::move(pair.client); }
  MessageReceiver receiver;
  EXPECT_EQ(*receiver.Receive(pair.server.requests.get()), "last");
  EXPECT_TRUE(absl::IsUnavailable(
      receiver.Receive(pair.server.requests.get()).status()));
  EXPECT_FALSE(SendTo(pair.server.requests.get(), "nobody hears"));
}

TEST(FirewallChannelTest, RingsNeverWait) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  const char ring = 0;
  while (write(pair.server.news.get(), &ring, sizeof(ring)) > 0) {
  }
  EXPECT_EQ(errno, EAGAIN);
}

TEST(FirewallChannelTest, NothingIsHandedToExecutedPrograms) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  for (const auto* half : {&pair.client, &pair.server}) {
    for (const auto* descriptor : {&half->requests, &half->news}) {
      EXPECT_EQ(fcntl(descriptor->get(), F_GETFD), FD_CLOEXEC);
    }
  }
}

TEST(DescriptorTest, IsClosedOnceWithItsLastOwner) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  {
    Descriptor first(ends[0]);
    Descriptor second(std::move(first));
    EXPECT_EQ(first.get(), -1);
    Descriptor third;
    third = std::move(second);
    EXPECT_EQ(third.get(), ends[0]);
    EXPECT_TRUE(IsOpen(ends[0]));
  }
  EXPECT_FALSE(IsOpen(ends[0]));
  close(ends[1]);
}

}  // namespace
}  // namespace mxban
