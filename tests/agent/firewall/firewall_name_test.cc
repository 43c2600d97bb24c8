#include <random>
#include <set>
#include <string>

#include "agent/firewall/firewall.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(FirewallNameTest, KeepsWhatFits) {
  for (const char* name :
       {"x", "sendmail-auth", "a.b_c-D9", "exactly-22-characters."}) {
    EXPECT_TRUE(IsFirewallName(name));
    EXPECT_EQ(FirewallName(name), name);
  }
}

TEST(FirewallNameTest, RecognisesWhatDoesNotFit) {
  for (const char* name : {"", "a b", "j\xc3\xa4il", "slash/", "new\nline",
                           "exactly-23-characters.."}) {
    EXPECT_FALSE(IsFirewallName(name)) << name;
    EXPECT_TRUE(IsFirewallName(FirewallName(name))) << name;
  }
}

// Chains of earlier releases must be found again.
TEST(FirewallNameTest, IsStable) {
  EXPECT_EQ(FirewallName("sendmail-authentication-failures"),
            FirewallName("sendmail-authentication-failures"));
  EXPECT_EQ(FirewallName("sendmail-authentication-failures").substr(0, 12),
            "sendmail-au.");
}

TEST(FirewallNameTest, NamesOfEveryLengthAreDistinctAndFit) {
  std::mt19937 random(1);
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789-_./ ";
  std::set<std::string> names, results;
  for (size_t length = 1; length <= 64; ++length) {
    for (int i = 0; i < 200; ++i) {
      std::string name(length, 'x');  // Long names share their beginning.
      for (size_t at = length > 20 ? 20 : 0; at < length; ++at) {
        name[at] = letters[random() % letters.size()];
      }
      if (!names.insert(name).second) continue;
      const std::string result = FirewallName(name);
      EXPECT_TRUE(IsFirewallName(result)) << name;
      EXPECT_TRUE(results.insert(result).second) << name;
    }
  }
}

}  // namespace
}  // namespace mxban
