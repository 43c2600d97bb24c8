#include "agent/firewall/firewall_channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "agent/firewall/firewall_wire.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

bool IsOpen(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

TEST(FirewallChannelTest, MessagesKeepTheirBordersBothWays) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  const int ends[] = {pair.client.requests.get(), pair.server.requests.get()};
  const std::string large(kMaxFirewallMessage, 'x');
  for (int from = 0; from < 2; ++from) {
    EXPECT_TRUE(SendTo(ends[from], "one"));
    EXPECT_TRUE(SendTo(ends[from], large));
    EXPECT_EQ(*ReceiveFrom(ends[1 - from]), "one");
    EXPECT_EQ(*ReceiveFrom(ends[1 - from]), large);
  }
}

TEST(FirewallChannelTest, WhatIsTooLongShows) {
  const FirewallChannelPair pair = *OpenFirewallChannel();
  ASSERT_TRUE(SendTo(pair.client.requests.get(),
                     std::string(2 * kMaxFirewallMessage, 'x')));
  ASSERT_TRUE(SendTo(pair.client.requests.get(), "next"));
  EXPECT_GT(ReceiveFrom(pair.server.requests.get())->size(),
            kMaxFirewallMessage);
  EXPECT_EQ(*ReceiveFrom(pair.server.requests.get()), "next");
}

TEST(FirewallChannelTest, WhatWasSentBeforeTheEndArrives) {
  FirewallChannelPair pair = *OpenFirewallChannel();
  ASSERT_TRUE(SendTo(pair.client.requests.get(), "last"));
  { const FirewallChannel gone = std::move(pair.client); }
  EXPECT_EQ(*ReceiveFrom(pair.server.requests.get()), "last");
  EXPECT_TRUE(
      absl::IsUnavailable(ReceiveFrom(pair.server.requests.get()).status()));
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
