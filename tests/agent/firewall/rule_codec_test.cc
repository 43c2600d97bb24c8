#include "agent/firewall/rule_codec.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

// What iptc_get_target() says about the rule.
std::string TargetOf(const TableRule& rule) {
  if (!rule.rejection.has_value()) {
    return rule.jump.empty() ? "RETURN" : rule.jump;
  }
  return *rule.rejection == Rejection::kDrop ? "DROP" : "REJECT";
}

TableRule RandomRule(Family family, std::mt19937& random) {
  TableRule rule = {.tcp = random() % 2 == 0};
  if (random() % 2 == 0) {
    rule.source = IpNetwork::ParseOrDie(family == Family::kIpv4 ? "203.0.113.9"
                                                                : "2001:db8::9")
                      .Widened(1 + random() % 32);
  }
  for (size_t i = random() % 8; i > 0; --i) {
    const auto port = static_cast<uint16_t>(random());
    rule.ports.push_back({port, static_cast<uint16_t>(port | random() % 2)});
  }
  if (random() % 2 == 0) rule.source_set = static_cast<uint16_t>(random());
  if (random() % 2 == 0) {
    rule.rejection = static_cast<Rejection>(random() % 3);
  } else if (random() % 2 == 0) {
    rule.jump = "mxban-exactly-22-characters.";
  }
  return rule;
}

class RuleCodecTest : public testing::TestWithParam<Family> {};

INSTANTIATE_TEST_SUITE_P(Families, RuleCodecTest,
                         testing::Values(Family::kIpv4, Family::kIpv6));

TEST_P(RuleCodecTest, RulesComeBackAsTheyWent) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const TableRule rule = RandomRule(GetParam(), random);
    const std::string entry = EncodeRule(GetParam(), rule);
    EXPECT_EQ(entry.size() % 8, 0);
    EXPECT_EQ(DecodeRule(GetParam(), entry, TargetOf(rule)), rule);
  }
}

// Any byte that is no counter makes another rule, or one that says more than
// we can: it never passes for ours.
TEST_P(RuleCodecTest, AChangedByteIsNoticed) {
  const TableRule rule = {.tcp = true,
                          .ports = {{25, 25}, {465, 587}},
                          .source_set = 3,
                          .rejection = Rejection::kTcpReset};
  const std::string entry = EncodeRule(GetParam(), rule);
  const size_t head = GetParam() == Family::kIpv4 ? 84 : 136;  // sizeof ipt_ip.
  const size_t entry_size = GetParam() == Family::kIpv4 ? 112 : 168;
  for (size_t at = 0; at < entry.size(); ++at) {
    if (at >= head && at < entry_size) continue;  // Offsets and counters.
    const bool is_size = (at - entry_size) % 8 < 2;
    if (at >= entry_size && is_size) continue;  // The kernel vouches for sizes.
    if (GetParam() == Family::kIpv6 && at >= 132 && at < 136) continue;  // Gap.
    std::string changed = entry;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    const TableRule decoded = DecodeRule(GetParam(), changed, TargetOf(rule));
    // What follows the end of a name means nothing.
    if (EncodeRule(GetParam(), decoded) == entry) continue;
    EXPECT_NE(decoded, rule) << at;
  }
}

TEST_P(RuleCodecTest, AForeignConditionMakesARuleOpaqueAndKeepsIt) {
  const TableRule rule = {.tcp = true, .jump = "mxban-smtp"};
  std::string entry = EncodeRule(GetParam(), rule);
  const size_t interface = GetParam() == Family::kIpv4 ? 16 : 64;
  entry[interface] = 'l';
  const TableRule decoded = DecodeRule(GetParam(), entry, "mxban-smtp");
  EXPECT_FALSE(decoded.opaque.empty());
  EXPECT_EQ(decoded.jump, "mxban-smtp");
  EXPECT_EQ(EncodeRule(GetParam(), decoded), entry);
}

TEST_P(RuleCodecTest, CountersAreNotPartOfARule) {
  const TableRule rule = {.tcp = true, .jump = "mxban-smtp"};
  std::string entry = EncodeRule(GetParam(), rule);
  entry[GetParam() == Family::kIpv4 ? 100 : 156] = 9;
  EXPECT_EQ(DecodeRule(GetParam(), entry, "mxban-smtp"), rule);
}

TEST_P(RuleCodecTest, LibiptcReturnsVerdictsWithoutAName) {
  const TableRule rule = {.tcp = true, .jump = "mxban-smtp"};
  std::string entry = EncodeRule(GetParam(), rule);
  const size_t target = entry.size() - 40;
  entry.replace(target + 2, 29, std::string(29, '\0'));
  entry[target + 32] = 77;  // Where the chain begins in the table.
  EXPECT_EQ(DecodeRule(GetParam(), entry, "mxban-smtp"), rule);
}

// Else the kernel ignores the protocol, though ip6tables prints it.
TEST(RuleCodecIpv6Test, TheProtocolIsMarkedAsGiven) {
  std::string entry = EncodeRule(Family::kIpv6, {.tcp = true});
  constexpr size_t kProto = 128, kFlags = 131;
  EXPECT_EQ(entry[kProto], 6);
  EXPECT_EQ(entry[kFlags], 1);
  entry[kFlags] = 0;
  EXPECT_FALSE(DecodeRule(Family::kIpv6, entry, "RETURN").opaque.empty());
}

TEST(RuleCodecIpv4Test, HasTheSizesThatTheKernelDocuments) {
  EXPECT_EQ(EncodeRule(Family::kIpv4, {}).size(), 112 + 40);
  EXPECT_EQ(EncodeRule(Family::kIpv6, {}).size(), 168 + 40);
  EXPECT_EQ(EncodeRule(Family::kIpv4, {.ports = {{25, 25}}}).size(),
            112 + 80 + 40);
  EXPECT_EQ(EncodeRule(Family::kIpv4, {.source_set = 1}).size(), 112 + 80 + 40);
}

}  // namespace
}  // namespace mxban
