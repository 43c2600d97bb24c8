#include "agent/firewall/nft_message.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr uint16_t kNft = NFNL_SUBSYS_NFTABLES << 8;

const NftSet kSet4 = {"smtp", false, Family::kIpv4, 24};
const NftSet kSet6 = {"smtp", true, Family::kIpv6, 128};

std::vector<NetlinkPart> PartsOf(const std::string& datagram) {
  std::vector<NetlinkPart> parts;
  ForEachMessage(datagram,
                 [&](const NetlinkPart& part) { parts.push_back(part); });
  return parts;
}

// The kernel lists things in the form in which they were put.
NftTable Parse(const std::string& datagram) {
  NftTable table;
  for (const NetlinkPart& part : PartsOf(datagram)) ParseNftPart(part, table);
  return table;
}

std::string WholeTable() {
  NftBatch batch;
  batch.PutTable();
  batch.PutInput();
  batch.PutChain("mxban-smtp");
  batch.PutSet(kSet4);
  batch.PutSet(kSet6);
  batch.PutRule("mxban-smtp", {.source = kSet6});
  batch.PutRule("mxban-smtp", {.source = kSet4, .rejection = Rejection::kDrop});
  batch.PutRule(std::string(kNftInput),
                {.ports = PortRange{25, 25}, .jump = "mxban-smtp"});
  return std::move(batch).Finish();
}

// A message about one thing, with the attributes that `put` gives it.
template <typename Put>
std::string Told(uint16_t command, uint8_t family, Put put) {
  NetlinkMessage message(kNft | command, 0, 0, nfgenmsg{family, 0, 0});
  put(message);
  return std::move(message).Finish();
}

TEST(NftMessageTest, ATableComesBackAsItWasPut) {
  const NftTable table = Parse(WholeTable());
  EXPECT_TRUE(table.stands);
  EXPECT_TRUE(table.input_stands);
  EXPECT_THAT(table.sets,
              UnorderedElementsAre(Pair(kSet4, true), Pair(kSet6, true)));
  EXPECT_THAT(table.chains,
              UnorderedElementsAre(
                  Pair("input", ElementsAre(NftRule{.ports = PortRange{25, 25},
                                                    .jump = "mxban-smtp"})),
                  Pair("mxban-smtp",
                       ElementsAre(NftRule{.source = kSet6},
                                   NftRule{.source = kSet4,
                                           .rejection = Rejection::kDrop}))));
}

// One element of a set, as the kernel lists it.
void PutTold(const IpNetwork& network, uint64_t left, NetlinkMessage& message) {
  const size_t element = message.Begin(NFTA_LIST_ELEM);
  const size_t key = message.Begin(NFTA_SET_ELEM_KEY);
  const auto bytes = network.bytes();
  message.PutBytes(
      NFTA_DATA_VALUE,
      absl::string_view(reinterpret_cast<const char*>(bytes.data()),
                        bytes.size()));
  message.End(key);
  if (left != 0) message.PutLong(NFTA_SET_ELEM_EXPIRATION, left);
  message.End(element);
}

TEST(NftMessageTest, ElementsTellWhatTimeIsLeft) {
  const IpNetwork one = IpNetwork::ParseOrDie("192.0.2.0/24");
  const IpNetwork two = IpNetwork::ParseOrDie("203.0.113.0/24");
  const std::string told =
      Told(NFT_MSG_NEWSETELEM, NFPROTO_INET, [&](NetlinkMessage& message) {
        const size_t list = message.Begin(NFTA_SET_ELEM_LIST_ELEMENTS);
        PutTold(one, 1500, message);
        PutTold(IpNetwork::ParseOrDie("2001:db8::1"), 0, message);
        PutTold(two, 0, message);
        message.End(list);
      });
  std::vector<NftElement> elements;
  ParseNftElements(PartsOf(told)[0], kSet4, elements);
  EXPECT_THAT(elements, ElementsAre(NftElement{one, absl::Milliseconds(1500)},
                                    NftElement{two, absl::InfiniteDuration()}))
      << "a key of the wrong size is none";
}

TEST(NftMessageTest, AnInputChainOfAnotherKindDoesNotStand) {
  const auto input = [](uint32_t hook, uint32_t priority, uint32_t policy,
                        const char* type) {
    return Parse(Told(NFT_MSG_NEWCHAIN, NFPROTO_INET,
                      [&](NetlinkMessage& message) {
                        message.PutText(NFTA_CHAIN_TABLE, kNftTable);
                        message.PutText(NFTA_CHAIN_NAME, kNftInput);
                        const size_t nest = message.Begin(NFTA_CHAIN_HOOK);
                        message.PutWord(NFTA_HOOK_HOOKNUM, hook);
                        message.PutWord(NFTA_HOOK_PRIORITY, priority);
                        message.End(nest);
                        message.PutWord(NFTA_CHAIN_POLICY, policy);
                        message.PutText(NFTA_CHAIN_TYPE, type);
                      }))
        .input_stands;
  };
  const auto before = static_cast<uint32_t>(-10);
  EXPECT_TRUE(input(NF_INET_LOCAL_IN, before, NF_ACCEPT, "filter"));
  EXPECT_FALSE(input(NF_INET_FORWARD, before, NF_ACCEPT, "filter"));
  EXPECT_FALSE(input(NF_INET_LOCAL_IN, 0, NF_ACCEPT, "filter"));
  EXPECT_FALSE(input(NF_INET_LOCAL_IN, before, NF_DROP, "filter"));
  EXPECT_FALSE(input(NF_INET_LOCAL_IN, before, NF_ACCEPT, "nat"));
}

TEST(NftMessageTest, ADormantTableAndASetOfAnotherKindDoNotStand) {
  EXPECT_FALSE(Parse(Told(NFT_MSG_NEWTABLE, NFPROTO_INET, [](auto& message) {
                 message.PutText(NFTA_TABLE_NAME, kNftTable);
                 message.PutWord(NFTA_TABLE_FLAGS, NFT_TABLE_F_DORMANT);
               })).stands);
  for (const uint32_t flags : {0, +NFT_SET_TIMEOUT, +NFT_SET_INTERVAL}) {
    const NftTable table =
        Parse(Told(NFT_MSG_NEWSET, NFPROTO_INET, [&](auto& message) {
          message.PutText(NFTA_SET_TABLE, kNftTable);
          message.PutText(NFTA_SET_NAME, kSet4.Name());
          message.PutWord(NFTA_SET_FLAGS, flags);
          message.PutWord(NFTA_SET_KEY_LEN, flags == 0 ? 4 : 16);
        }));
    EXPECT_THAT(table.sets, ElementsAre(Pair(kSet4, false))) << flags;
  }
}

TEST(NftMessageTest, OtherTablesArePassedOver) {
  for (const auto& [family, name] :
       {std::pair<uint8_t, const char*>(NFPROTO_INET, "filter"),
        {NFPROTO_IPV4, "mxban"},
        {NFPROTO_INET, "mxban2"},
        {NFPROTO_INET, ""}}) {
    for (const uint16_t command : {NFT_MSG_NEWTABLE, NFT_MSG_NEWCHAIN,
                                   NFT_MSG_NEWRULE, NFT_MSG_NEWSET}) {
      const std::string told = Told(command, family, [&](auto& message) {
        message.PutText(1, name);
        message.PutText(3, kSet4.Name());
      });
      EXPECT_FALSE(ConcernsNftTable(PartsOf(told)[0])) << name;
      const NftTable table = Parse(told);
      EXPECT_FALSE(table.stands);
      EXPECT_THAT(table.chains, IsEmpty());
      EXPECT_THAT(table.sets, IsEmpty());
    }
  }
}

TEST(NftMessageTest, AGenerationIsRead) {
  const std::string told = Told(NFT_MSG_NEWGEN, 0, [](auto& message) {
    message.PutWord(NFTA_GEN_ID, 77);
  });
  EXPECT_EQ(NftGenerationIn(PartsOf(told)[0]), 77);
  EXPECT_FALSE(ConcernsNftTable(PartsOf(told)[0]));
}

TEST(NftMessageTest, ListingsAreDumps) {
  for (const std::string& request :
       {NftListRequest(7, NftListing::kTable),
        NftListRequest(7, NftListing::kChains),
        NftListRequest(7, NftListing::kRules),
        NftListRequest(7, NftListing::kSets), NftElementsRequest(7, kSet4)}) {
    const std::vector<NetlinkPart> parts = PartsOf(request);
    ASSERT_EQ(parts.size(), 1);
    EXPECT_EQ(parts[0].sequence, 7);
    EXPECT_EQ(parts[0].flags & NLM_F_DUMP, NLM_F_DUMP);
  }
}

TEST(NftMessageTest, NoGarbageDoesHarm) {
  std::mt19937 random(1);
  NftBatch batch;
  batch.PutElements(
      kSet4,
      std::vector<NftElement>{
          {IpNetwork::ParseOrDie("192.0.2.0/24")},
          {IpNetwork::ParseOrDie("203.0.113.0/24"), absl::Hours(1)}},
      NftBatch::Presence::kAny);
  const std::string elements = std::move(batch).Finish();
  for (const std::string& whole : {WholeTable(), elements}) {
    for (int round = 0; round < 10'000; ++round) {
      std::string datagram = whole.substr(0, random() % (whole.size() + 1));
      for (size_t i = random() % 6; i > 0 && !datagram.empty(); --i) {
        datagram[random() % datagram.size()] = static_cast<char>(random());
      }
      NftTable table;
      std::vector<NftElement> read;
      for (const NetlinkPart& part : PartsOf(datagram)) {
        ParseNftPart(part, table);
        ParseNftElements(part, kSet4, read);
        (void)NftGenerationIn(part);
      }
    }
  }
}

}  // namespace
}  // namespace mxban
