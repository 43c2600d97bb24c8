#include "common/jail.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string SourceOf(const char* address, int ipv6_prefix = 64) {
  Jail jail;
  jail.ipv6_prefix = ipv6_prefix;
  return jail.SourceOf(IpNetwork::ParseOrDie(address)).ToString();
}

TEST(JailTest, AnAddressIsCountedByItself) {
  EXPECT_EQ(SourceOf("203.0.113.9"), "203.0.113.9");
}

TEST(JailTest, AnIpv6AddressIsCountedByItsNetwork) {
  EXPECT_EQ(SourceOf("2001:db8:bad::10"), "2001:db8:bad::/64");
  EXPECT_EQ(SourceOf("2001:db8:bad::10", 48), "2001:db8:bad::/48");
}

TEST(JailTest, ClientsOfNat64AreCountedEachForItself) {
  EXPECT_EQ(SourceOf("64:ff9b::cb00:7109"), "64:ff9b::cb00:7109");
  EXPECT_EQ(SourceOf("64:ff9b::1:0:0:1"), "64:ff9b::1:0:0:1")
      << "its network would hold them all";
  EXPECT_EQ(SourceOf("64:ff9b:1::1"), "64:ff9b:1::/64");
}

}  // namespace
}  // namespace mxban
