#include "common/ip_network.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

struct TextCase {
  const char* text;
  const char* canonical;
};

class IpNetworkTextTest : public testing::TestWithParam<TextCase> {};

TEST_P(IpNetworkTextTest, IsCanonical) {
  const auto network = IpNetwork::Parse(GetParam().text);
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->ToString(), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, IpNetworkTextTest,
    testing::Values(TextCase{"192.0.2.1", "192.0.2.1"},
                    TextCase{"192.0.2.1/32", "192.0.2.1"},
                    TextCase{"192.0.2.77/24", "192.0.2.0/24"},
                    TextCase{"192.0.2.255/31", "192.0.2.254/31"},
                    TextCase{"0.0.0.0/0", "0.0.0.0/0"},
                    TextCase{"2001:0db8:0:0:0:0:0:1", "2001:db8::1"},
                    TextCase{"2001:DB8:bad:0:0:0:0:10/64", "2001:db8:bad::/64"},
                    TextCase{"2001:db8::ffff/127", "2001:db8::fffe/127"},
                    TextCase{"::/0", "::/0"},
                    TextCase{"::ffff:192.0.2.1", "192.0.2.1"},
                    TextCase{"::ffff:192.0.2.0/120", "192.0.2.0/24"},
                    TextCase{"::ffff:0:0/95", "::fffe:0:0/95"}));

class NotAnIpNetworkTest : public testing::TestWithParam<std::string> {};

TEST_P(NotAnIpNetworkTest, IsRefused) {
  EXPECT_EQ(IpNetwork::Parse(GetParam()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, NotAnIpNetworkTest,
    testing::Values("", "/", "/24", "192.0.2", "192.0.2.256", "192.0.2.1/33",
                    "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/+8",
                    "192.0.2.1/ 8", "192.0.2.1/0x8", "192.0.2.1/24/24",
                    "192.0.2.01", " 192.0.2.1", "192.0.2.1 ", "2001:db8::/129",
                    "2001:db8:::1", "[2001:db8::1]", "fe80::1%eth0",
                    "mail.example.org", std::string("192.0.2.1\0x", 11),
                    std::string(1000, '1')));

TEST(IpNetworkTest, ContainsWhatItsPrefixCovers) {
  const IpNetwork net = IpNetwork::ParseOrDie("192.0.2.0/24");
  EXPECT_TRUE(net.Contains(IpNetwork::ParseOrDie("192.0.2.200")));
  EXPECT_TRUE(net.Contains(net));
  EXPECT_FALSE(net.Contains(IpNetwork::ParseOrDie("192.0.3.1")));
  EXPECT_FALSE(net.Contains(IpNetwork::ParseOrDie("192.0.0.0/16")));
}

TEST(IpNetworkTest, FamiliesNeverOverlap) {
  EXPECT_FALSE(IpNetwork::ParseOrDie("::/0").Overlaps(
      IpNetwork::ParseOrDie("192.0.2.1")));
  EXPECT_FALSE(IpNetwork::ParseOrDie("0.0.0.0/0")
                   .Contains(IpNetwork::ParseOrDie("2001:db8::1")));
}

TEST(IpNetworkTest, OverlapsInBothDirections) {
  const IpNetwork wide = IpNetwork::ParseOrDie("10.0.0.0/8");
  const IpNetwork narrow = IpNetwork::ParseOrDie("10.1.2.0/24");
  EXPECT_TRUE(wide.Overlaps(narrow));
  EXPECT_TRUE(narrow.Overlaps(wide));
}

TEST(IpNetworkTest, WideningNeverNarrows) {
  const IpNetwork address = IpNetwork::ParseOrDie("2001:db8:1:2:3::4");
  EXPECT_EQ(address.Widened(64).ToString(), "2001:db8:1:2::/64");
  EXPECT_EQ(address.Widened(64).Widened(128).ToString(), "2001:db8:1:2::/64");
}

// Against the definition: bit by bit.
TEST(IpNetworkTest, ContainsAgreesWithComparingBits) {
  std::mt19937 random(20101101);
  for (int round = 0; round < 20'000; ++round) {
    uint8_t a[4], b[4];
    for (int i = 0; i < 4; ++i) a[i] = random() % 4, b[i] = random() % 4;
    const int length = random() % 33;
    uint32_t x = 0, y = 0;
    for (int i = 0; i < 4; ++i) x = x << 8 | a[i], y = y << 8 | b[i];
    const uint32_t mask = length == 0 ? 0 : ~uint32_t{0} << (32 - length);
    EXPECT_EQ(
        IpNetwork::FromBytes(a, length).Contains(IpNetwork::FromBytes(b, 32)),
        (x & mask) == (y & mask));
  }
}

}  // namespace
}  // namespace mxban
