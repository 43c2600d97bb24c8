// NftBatch of nft_message.h: what goes out, in which messages.

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/firewall/nft_message.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const NftSet kSet4 = {"smtp", false, Family::kIpv4, 24};

std::vector<NetlinkPart> PartsOf(const std::string& datagram) {
  std::vector<NetlinkPart> parts;
  ForEachMessage(datagram,
                 [&](const NetlinkPart& part) { parts.push_back(part); });
  return parts;
}

std::vector<NftElement> SomeElements(size_t count) {
  std::vector<NftElement> elements;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t bytes[] = {10, static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i), 0};
    elements.push_back(
        {IpNetwork::FromBytes(bytes, 24),
         i % 2 == 0 ? absl::InfiniteDuration() : absl::Milliseconds(i)});
  }
  return elements;
}

TEST(NftBatchTest, ABatchIsNumberedAndItsLastMessageAcknowledged) {
  NftBatch batch;
  batch.PutTable();
  batch.FlushChain("mxban-smtp");
  batch.DeleteSet(kSet4);
  batch.DeleteChain("mxban-smtp");
  batch.DeleteTable();
  EXPECT_EQ(batch.size(), 5);
  const std::string bytes = std::move(batch).Finish();
  const std::vector<NetlinkPart> parts = PartsOf(bytes);
  ASSERT_EQ(parts.size(), 7);
  EXPECT_EQ(parts.front().type, NFNL_MSG_BATCH_BEGIN);
  EXPECT_EQ(parts.back().type, NFNL_MSG_BATCH_END);
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].sequence, i == 6 ? 0 : i);
    EXPECT_EQ((parts[i].flags & NLM_F_ACK) != 0, i == 5) << i;
    EXPECT_EQ(ConcernsNftTable(parts[i]), i != 0 && i != 6) << i;
  }
}

TEST(NftBatchTest, ABatchMayDependOnAGeneration) {
  for (const std::optional<uint32_t> generation :
       {std::optional<uint32_t>(), std::optional<uint32_t>(77)}) {
    NftBatch batch(generation);
    batch.PutTable();
    const std::string bytes = std::move(batch).Finish();
    const absl::string_view told =
        FindAttribute(AfterHead(PartsOf(bytes)[0].payload, sizeof(nfgenmsg)),
                      NFNL_BATCH_GENID);
    EXPECT_EQ(told.empty(), !generation.has_value());
    EXPECT_EQ(NetworkWord(told), generation.value_or(0));
  }
}

TEST(NftBatchTest, ManyElementsAreSpreadOverMessagesThatHoldThem) {
  const std::vector<NftElement> elements =
      SomeElements(2 * kMaxNftElements + 1);
  NftBatch batch;
  batch.PutElements(kSet4, elements, NftBatch::Presence::kNew);
  batch.DeleteElements(kSet4, absl::MakeConstSpan(elements).first(3));
  EXPECT_EQ(batch.size(), 4);
  EXPECT_EQ(batch.element_count(), elements.size() + 3);
  const std::string bytes = std::move(batch).Finish();
  std::vector<NftElement> put;
  for (const NetlinkPart& part : PartsOf(bytes)) {
    EXPECT_LT(part.payload.size(), 65'536);
    ParseNftElements(part, kSet4, put);
  }
  ASSERT_EQ(put.size(), elements.size());
  for (size_t i = 0; i < put.size(); ++i) {
    EXPECT_EQ(put[i].network, elements[i].network);
  }
}

TEST(NftBatchTest, OnlyNewElementsMayNotBeThere) {
  for (const auto presence :
       {NftBatch::Presence::kNew, NftBatch::Presence::kAny}) {
    NftBatch batch;
    batch.PutElements(kSet4, SomeElements(1), presence);
    const std::string bytes = std::move(batch).Finish();
    EXPECT_EQ((PartsOf(bytes)[1].flags & NLM_F_EXCL) != 0,
              presence == NftBatch::Presence::kNew);
  }
}

TEST(NftBatchTest, NoTimeoutIsCutShort) {
  NftBatch batch;
  batch.PutElements(
      kSet4,
      std::vector<NftElement>{
          {IpNetwork::ParseOrDie("192.0.2.0/24"), absl::Nanoseconds(1)}},
      NftBatch::Presence::kAny);
  const std::string bytes = std::move(batch).Finish();
  const absl::string_view list =
      FindAttribute(AfterHead(PartsOf(bytes)[1].payload, sizeof(nfgenmsg)),
                    NFTA_SET_ELEM_LIST_ELEMENTS);
  EXPECT_EQ(NetworkLong(FindAttribute(FindAttribute(list, NFTA_LIST_ELEM),
                                      NFTA_SET_ELEM_TIMEOUT)),
            1);
}

}  // namespace
}  // namespace mxban
