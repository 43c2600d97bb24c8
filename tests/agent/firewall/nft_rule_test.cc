#include "agent/firewall/nft_rule.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/firewall/netlink_message.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr const char* kJails[] = {
    "smtp", "sendmail-auth", "a-4-32", "-", "x-", "exactly-22-characters."};

NftSet RandomSet(std::mt19937& random) {
  NftSet set = {kJails[random() % std::size(kJails)], random() % 2 == 0};
  if (random() % 2 == 0) set.family = Family::kIpv6;
  // No ban is of all addresses; an allow list may hold them.
  const size_t widest = set.allowed ? 0 : 1;
  set.prefix_length =
      static_cast<int>(widest + random() % (8 * set.key_size() + 1 - widest));
  return set;
}

// The input chain's rules have ports, those of jails have sources.
NftRule RandomRule(std::mt19937& random) {
  NftRule rule;
  if (random() % 2 == 0) {
    const auto port = static_cast<uint16_t>(random());
    rule.ports = {port, static_cast<uint16_t>(port | random() % 4)};
  } else if (random() % 4 != 0) {
    rule.source = RandomSet(random);
  }
  if (random() % 2 == 0) {
    rule.rejection = static_cast<Rejection>(random() % 3);
  } else if (random() % 2 == 0) {
    rule.jump = "mxban-exactly-22-characters.";
  }
  return rule;
}

// The elements of a list of expressions, each with its head.
std::vector<std::string> Split(absl::string_view expressions) {
  std::vector<std::string> elements;
  ForEachAttribute(expressions, [&](uint16_t, absl::string_view value) {
    elements.emplace_back(value.data() - NLA_HDRLEN,
                          NLA_HDRLEN + NLA_ALIGN(value.size()));
  });
  return elements;
}

NftRule SomeRule() {
  return {.source = NftSet{"smtp", false, Family::kIpv6, 64},
          .rejection = Rejection::kTcpReset};
}

TEST(NftRuleTest, RulesComeBackAsTheyWent) {
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    const NftRule rule = RandomRule(random);
    const NftRule decoded = DecodeNftRule(EncodeNftRule(rule));
    EXPECT_FALSE(decoded.opaque);
    EXPECT_EQ(decoded, rule);
  }
}

TEST(NftRuleTest, OtherRulesHaveOtherBytes) {
  std::mt19937 random(2);
  for (int round = 0; round < 5000; ++round) {
    const NftRule one = RandomRule(random);
    const NftRule other = RandomRule(random);
    EXPECT_EQ(one == other, EncodeNftRule(one) == EncodeNftRule(other));
  }
}

// The element once more, with an attribute more in what it says.
std::string WithMore(const std::string& element) {
  constexpr auto kPlain = NetlinkMessage::Mark::kPlain;
  NetlinkMessage message(0, 0, 0, absl::string_view());
  const size_t list = message.Begin(NFTA_LIST_ELEM, kPlain);
  const auto parts = absl::string_view(element).substr(NLA_HDRLEN);
  message.PutBytes(NFTA_EXPR_NAME, FindAttribute(parts, NFTA_EXPR_NAME));
  const size_t data = message.Begin(NFTA_EXPR_DATA, kPlain);
  message.PutWord(99, 1);
  ForEachAttribute(FindAttribute(parts, NFTA_EXPR_DATA),
                   [&](uint16_t type, absl::string_view value) {
                     message.PutBytes(type, value);
                   });
  message.End(data);
  message.End(list);
  return std::move(message).Finish().substr(NLMSG_HDRLEN);
}

// Where the bytes lie that only fill up to the next attribute: of elements,
// what they consist of, and what that says.
void AddPadding(absl::string_view whole, absl::string_view attributes,
                int depth, std::set<size_t>& padding) {
  ForEachAttribute(attributes, [&](uint16_t, absl::string_view value) {
    for (size_t at = value.data() + value.size() - whole.data(); at % 4 != 0;
         ++at) {
      padding.insert(at);
    }
    if (depth > 1) AddPadding(whole, value, depth - 1, padding);
  });
}

// Newer kernels tell more of an expression than we have said.
TEST(NftRuleTest, AFurtherAttributeOfAnExpressionSaysNothing) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const NftRule rule = RandomRule(random);
    std::string told;
    for (const std::string& element : Split(EncodeNftRule(rule))) {
      told += WithMore(element);
    }
    EXPECT_EQ(DecodeNftRule(told), rule);
  }
}

TEST(NftRuleTest, AFurtherExpressionIsAForeignHand) {
  const std::vector<std::string> elements = Split(EncodeNftRule(SomeRule()));
  const std::string counter = Split(EncodeNftRule({})).front();
  for (size_t at = 0; at <= elements.size(); ++at) {
    std::string more;
    for (size_t i = 0; i < elements.size(); ++i) {
      if (i == at) more += counter;
      more += elements[i];
    }
    if (at == elements.size()) more += counter;
    EXPECT_EQ(DecodeNftRule(more), NftRule{.opaque = true}) << at;
  }
}

TEST(NftRuleTest, AMissingExpressionIsAForeignHand) {
  const std::vector<std::string> elements = Split(EncodeNftRule(SomeRule()));
  for (size_t missing = 0; missing < elements.size(); ++missing) {
    std::string fewer;
    for (size_t i = 0; i < elements.size(); ++i) {
      if (i != missing) fewer += elements[i];
    }
    EXPECT_NE(DecodeNftRule(fewer), SomeRule()) << missing;
  }
  EXPECT_TRUE(DecodeNftRule("").opaque);
}

// Any byte but padding, and the number that all elements of a list bear, makes
// another rule, or one that says what we cannot.
TEST(NftRuleTest, AChangedByteIsNoticed) {
  for (const NftRule& rule :
       {SomeRule(), NftRule{.ports = PortRange{465, 587}, .jump = "mxban-a"},
        NftRule{.ports = PortRange{25, 25}, .jump = "mxban-a"},
        NftRule{.rejection = Rejection::kIcmpPortUnreachable}}) {
    const std::string bytes = EncodeNftRule(rule);
    std::set<size_t> silent;
    AddPadding(bytes, bytes, 3, silent);
    size_t begin = 0;
    for (const std::string& element : Split(bytes)) {
      silent.insert({begin + 2, begin + 3});
      begin += element.size();
    }
    for (size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x20);
      EXPECT_EQ(DecodeNftRule(changed) == rule, silent.contains(at)) << at;
    }
  }
}

TEST(NftRuleTest, NoGarbageDoesHarm) {
  std::mt19937 random(4);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = EncodeNftRule(RandomRule(random));
    bytes.resize(random() % (bytes.size() + 1));
    for (size_t i = random() % 4; i > 0 && !bytes.empty(); --i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const NftRule decoded = DecodeNftRule(bytes);
    if (!decoded.opaque) {
      EXPECT_EQ(DecodeNftRule(EncodeNftRule(decoded)), decoded);
    }
  }
}

TEST(NftSetTest, NamesComeBackAsTheyWent) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    const NftSet set = RandomSet(random);
    EXPECT_EQ(NftSet::FromName(set.Name()), set) << set.Name();
  }
  EXPECT_EQ((NftSet{"sendmail-auth", false, Family::kIpv4, 32}).Name(),
            "mxban-sendmail-auth-4-32");
  EXPECT_EQ((NftSet{"smtp", true, Family::kIpv6, 64}).Name(),
            "mxban-smtp-a6-64");
}

TEST(NftSetTest, ForeignNamesAreNoneOfOurs) {
  for (const char* name : {"",
                           "-",
                           "--",
                           "mxban",
                           "mxban-",
                           "mxban--",
                           "mxban---",
                           "mxban-4-32",
                           "mxban--4-32",
                           "f2b-smtp-4-32",
                           "mxban-smtp",
                           "mxban-smtp-4",
                           "mxban-smtp-4-",
                           "mxban-smtp-4-33",
                           "mxban-smtp-6-129",
                           "mxban-smtp-4--1",
                           "mxban-smtp-4-+1",
                           "mxban-smtp-4-032",
                           "mxban-smtp-4- 32",
                           "mxban-smtp-5-32",
                           "mxban-smtp--32",
                           "mxban-smtp-a-32",
                           "mxban-smtp-aa4-32",
                           "mxban-smtp-4a-32",
                           "mxban-smtp-b4-32",
                           "mxban-smtp-4-99999999999",
                           "Mxban-smtp-4-32"}) {
    EXPECT_EQ(NftSet::FromName(name), std::nullopt) << name;
  }
}

TEST(NftSetTest, ANetworkBelongsInTheSetOfItsWidth) {
  EXPECT_EQ(NftSet::For("smtp", false, IpNetwork::ParseOrDie("192.0.2.0/24")),
            (NftSet{"smtp", false, Family::kIpv4, 24}));
  EXPECT_EQ(NftSet::For("smtp", true, IpNetwork::ParseOrDie("2001:db8::1")),
            (NftSet{"smtp", true, Family::kIpv6, 128}));
}

}  // namespace
}  // namespace mxban
