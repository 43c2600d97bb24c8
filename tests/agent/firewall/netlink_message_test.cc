#include "agent/firewall/netlink_message.h"

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

constexpr uint16_t kType = 0x0a03;
constexpr uint32_t kSequence = 7;

struct Head {
  uint8_t family = 2;
  uint8_t version = 0;
  uint16_t resource = 0;
};

std::string SomeMessage(uint32_t sequence = kSequence) {
  NetlinkMessage message(kType, NLM_F_ACK, sequence, Head{});
  message.PutText(1, "mxban");
  message.PutByte(2, 200);
  const size_t nest = message.Begin(3);
  message.PutWord(4, 0x01020304);
  message.PutLong(5, 0x0102030405060708);
  const size_t plain = message.Begin(6, NetlinkMessage::Mark::kPlain);
  message.PutHostWord(7, 99);
  message.PutBytes(8, "\x01\x02");
  message.End(plain);
  message.End(nest);
  return std::move(message).Finish();
}

std::vector<NetlinkPart> PartsOf(const std::string& datagram) {
  std::vector<NetlinkPart> parts;
  ForEachMessage(datagram,
                 [&](const NetlinkPart& part) { parts.push_back(part); });
  return parts;
}

std::vector<std::pair<uint16_t, size_t>> SizesOf(absl::string_view attributes) {
  std::vector<std::pair<uint16_t, size_t>> sizes;
  ForEachAttribute(attributes, [&](uint16_t type, absl::string_view value) {
    sizes.emplace_back(type, value.size());
  });
  return sizes;
}

// Reads all that can be read, as deep as it goes.
size_t Walk(absl::string_view attributes, int depth = 0) {
  size_t count = 0;
  ForEachAttribute(attributes, [&](uint16_t, absl::string_view value) {
    EXPECT_GE(value.data(), attributes.data());
    EXPECT_LE(value.data() + value.size(),
              attributes.data() + attributes.size());
    (void)(NetworkByte(value) + NetworkShort(value) + NetworkWord(value) +
           NetworkLong(value) + NetworkText(value).size());
    count += 1 + (depth < 4 ? Walk(value, depth + 1) : 0);
  });
  return count;
}

TEST(NetlinkMessageTest, WhatIsPutIsFound) {
  const std::string bytes = SomeMessage();
  const std::vector<NetlinkPart> parts = PartsOf(bytes);
  ASSERT_EQ(parts.size(), 1);
  EXPECT_EQ(parts[0].type, kType);
  EXPECT_EQ(parts[0].flags, NLM_F_REQUEST | NLM_F_ACK);
  EXPECT_EQ(parts[0].sequence, kSequence);
  EXPECT_EQ(parts[0].port, 0);
  EXPECT_EQ(NetworkByte(parts[0].payload), Head().family);

  const absl::string_view all = AfterHead(parts[0].payload, sizeof(Head));
  EXPECT_EQ(NetworkText(FindAttribute(all, 1)), "mxban");
  EXPECT_EQ(NetworkByte(FindAttribute(all, 2)), 200);
  const absl::string_view nest = FindAttribute(all, 3);
  EXPECT_EQ(NetworkWord(FindAttribute(nest, 4)), 0x01020304);
  EXPECT_EQ(NetworkLong(FindAttribute(nest, 5)), 0x0102030405060708);
  EXPECT_THAT(SizesOf(FindAttribute(nest, 6)),
              ElementsAre(Pair(7, 4), Pair(8, 2)));
  EXPECT_EQ(HostInteger<uint32_t>(FindAttribute(FindAttribute(nest, 6), 7)),
            99);
}

TEST(NetlinkMessageTest, NumbersAreInNetworkByteOrder) {
  NetlinkMessage message(kType, 0, 0, absl::string_view());
  message.PutWord(1, 0x01020304);
  const std::string bytes = std::move(message).Finish();
  EXPECT_EQ(bytes.substr(NLMSG_HDRLEN + NLA_HDRLEN), "\x01\x02\x03\x04");
}

TEST(NetlinkMessageTest, ANestIsMarkedUnlessItIsToBePlain) {
  for (const auto mark :
       {NetlinkMessage::Mark::kNested, NetlinkMessage::Mark::kPlain}) {
    NetlinkMessage message(kType, 0, 0, absl::string_view());
    message.End(message.Begin(3, mark));
    const std::string bytes = std::move(message).Finish();
    const bool is_nested = mark == NetlinkMessage::Mark::kNested;
    EXPECT_EQ(HostInteger<uint16_t>(bytes.substr(NLMSG_HDRLEN + 2)),
              is_nested ? 3 | NLA_F_NESTED : 3);
    EXPECT_THAT(SizesOf(absl::string_view(bytes).substr(NLMSG_HDRLEN)),
                ElementsAre(Pair(3, 0)))
        << "readers see no mark";
  }
}

TEST(NetlinkMessageTest, AMessageOfManyAttributesHasRoomForThem) {
  constexpr size_t kCount = 5000;
  NetlinkMessage message(kType, 0, 0, Head{}, 8 * kCount);
  for (size_t i = 0; i < kCount; ++i) message.PutWord(9, i);
  const std::string bytes = std::move(message).Finish();
  EXPECT_EQ(bytes.size(), NLMSG_HDRLEN + sizeof(Head) + 8 * kCount);
  EXPECT_EQ(Walk(AfterHead(PartsOf(bytes)[0].payload, sizeof(Head))), kCount);
}

TEST(NetlinkMessageTest, AttributesMayBeWrittenElsewhere) {
  struct {
    nlattr head = {8, 9};
    uint32_t value = 77;
  } written;
  NetlinkMessage message(kType, 0, 0, absl::string_view());
  const size_t nest = message.Begin(3);
  message.PutWritten(written);
  message.PutWritten(absl::string_view());
  message.PutWritten(written);
  message.End(nest);
  const std::string bytes = std::move(message).Finish();
  const absl::string_view inner =
      FindAttribute(absl::string_view(bytes).substr(NLMSG_HDRLEN), 3);
  EXPECT_THAT(SizesOf(inner), ElementsAre(Pair(9, 4), Pair(9, 4)));
  EXPECT_EQ(HostInteger<uint32_t>(FindAttribute(inner, 9)), 77);
}

TEST(NetlinkMessageTest, ADatagramMayHoldSeveral) {
  const std::string datagram = SomeMessage(1) + SomeMessage(2);
  const std::vector<NetlinkPart> parts = PartsOf(datagram);
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].sequence, 1);
  EXPECT_EQ(parts[1].sequence, 2);
  EXPECT_EQ(parts[0].payload, parts[1].payload);
}

TEST(NetlinkMessageTest, TheFirstOfATypeIsFound) {
  NetlinkMessage message(kType, 0, 0, absl::string_view());
  message.PutText(1, "");
  message.PutText(1, "second");
  const std::string bytes = std::move(message).Finish();
  const auto all = absl::string_view(bytes).substr(NLMSG_HDRLEN);
  EXPECT_EQ(NetworkText(FindAttribute(all, 1)), "");
  EXPECT_THAT(FindAttribute(all, 2), IsEmpty());
}

TEST(NetlinkMessageTest, WhatIsTooShortReadsAsZero) {
  EXPECT_EQ(NetworkByte(""), 0);
  EXPECT_EQ(NetworkShort("a"), 0);
  EXPECT_EQ(NetworkWord("abc"), 0);
  EXPECT_EQ(NetworkLong("abcdefg"), 0);
  EXPECT_EQ(NetworkText(""), "");
  EXPECT_EQ(NetworkText("no end"), "no end");
  EXPECT_EQ(NetworkText(absl::string_view("a\0b", 3)), "a");
  EXPECT_THAT(AfterHead("abc", 4), IsEmpty());
  EXPECT_THAT(AfterHead("abcdef", 5), IsEmpty()) << "heads are padded";
  EXPECT_EQ(AfterHead("abcdef", 4), "ef");
}

TEST(NetlinkMessageTest, ErrorsAreToldAsPositiveNumbers) {
  NetlinkPart part = {.type = NLMSG_ERROR};
  EXPECT_EQ(ErrorIn(part), 0);
  for (const int error : {0, -13, 13}) {
    part.payload =
        absl::string_view(reinterpret_cast<const char*>(&error), sizeof(error));
    EXPECT_EQ(ErrorIn(part), error == 0 ? 0 : 13);
  }
}

TEST(NetlinkMessageTest, OfEveryPrefixWholeMessagesAreRead) {
  const std::string one = SomeMessage();
  const std::string datagram = one + one;
  for (size_t size = 0; size <= datagram.size(); ++size) {
    EXPECT_EQ(PartsOf(datagram.substr(0, size)).size(), size / one.size());
    Walk(absl::string_view(datagram).substr(NLMSG_HDRLEN + sizeof(Head), size));
  }
}

TEST(NetlinkMessageTest, NoLengthLeadsOutOfTheDatagram) {
  const std::string whole = SomeMessage();
  for (const uint32_t length : {0u, 1u, 15u, 16u, 17u, 0x7fffffffu, 0x80000000u,
                                0xfffffff0u, 0xffffffffu}) {
    std::string datagram = whole;
    std::memcpy(&datagram[0], &length, sizeof(length));
    EXPECT_LE(PartsOf(datagram).size(), 2) << length;
  }
}

TEST(NetlinkMessageTest, NoGarbageDoesHarm) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string datagram = SomeMessage() + SomeMessage();
    datagram.resize(random() % (datagram.size() + 1));
    for (size_t i = random() % 6; i > 0 && !datagram.empty(); --i) {
      datagram[random() % datagram.size()] = static_cast<char>(random());
    }
    for (const NetlinkPart& part : PartsOf(datagram)) {
      Walk(AfterHead(part.payload, sizeof(Head)));
      (void)ErrorIn(part);
    }
  }
}

}  // namespace
}  // namespace mxban
