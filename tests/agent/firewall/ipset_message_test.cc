#include "agent/firewall/ipset_message.h"

#include <linux/netlink.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint32_t kSequence = 7;

std::vector<IpsetElement> SomeElements(Family family, size_t count) {
  std::vector<IpsetElement> elements;
  for (size_t i = 0; i < count; ++i) {
    const std::string text =
        family == Family::kIpv4
            ? absl::StrCat("10.", i >> 8, ".", i & 255, ".0/", 24 + i % 9)
            : absl::StrCat("2001:db8:", absl::Hex(i), "::/", 48 + i % 81);
    elements.push_back(
        {IpNetwork::ParseOrDie(text), static_cast<uint32_t>(i * 7)});
  }
  return elements;
}

IpsetReply Parse(const std::string& datagram) {
  IpsetReply reply;
  ParseIpsetReply(datagram, kSequence, reply);
  return reply;
}

// The kernel's answer to `request`: an error, with the line filled in.
std::string ErrorFor(std::string request, int error, uint32_t line) {
  const char lineno[] = {8, 0, 9, 0};
  const size_t at = request.find(std::string(lineno, 4));
  if (at != std::string::npos) std::memcpy(&request[at + 4], &line, 4);
  nlmsghdr header = {};
  header.nlmsg_len = sizeof(header) + sizeof(error) + request.size();
  header.nlmsg_type = NLMSG_ERROR;
  header.nlmsg_seq = kSequence;
  std::string datagram(sizeof(header) + sizeof(error), '\0');
  std::memcpy(&datagram[0], &header, sizeof(header));
  std::memcpy(&datagram[sizeof(header)], &error, sizeof(error));
  return datagram + request;
}

// A batch has the form in which the kernel lists a set.
TEST(IpsetMessageTest, ElementsComeBackAsTheyWent) {
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const std::vector<IpsetElement> elements =
        SomeElements(family, kMaxIpsetBatch);
    const std::string request = IpsetBatchRequest(kSequence, IpsetChange::kAdd,
                                                  "mxban-smtp-4", elements);
    EXPECT_LT(request.size(), 65'536);
    const IpsetReply reply = Parse(request);
    EXPECT_EQ(reply.elements, elements);
    ASSERT_EQ(reply.sets.size(), 1);
    EXPECT_EQ(reply.sets.front().name, "mxban-smtp-4");
  }
}

TEST(IpsetMessageTest, AHeaderComesBackAsItWent) {
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const IpsetHeader header = {.name = "mxban-smtp-a6",
                                .type = "hash:net",
                                .family = family,
                                .has_timeout = family == Family::kIpv6,
                                .max_elements = 1'048'576};
    EXPECT_THAT(Parse(IpsetCreateRequest(kSequence, header)).sets,
                ElementsAre(header));
  }
}

TEST(IpsetMessageTest, ASetThatTakesSeveralMessagesIsOneSet) {
  const std::vector<IpsetElement> elements = SomeElements(Family::kIpv4, 4);
  IpsetReply reply;
  for (size_t i = 0; i < 4; i += 2) {
    ParseIpsetReply(
        IpsetBatchRequest(kSequence, IpsetChange::kAdd, "x",
                          absl::MakeConstSpan(elements).subspan(i, 2)),
        kSequence, reply);
  }
  EXPECT_EQ(reply.sets.size(), 1);
  EXPECT_EQ(reply.elements, elements);
}

TEST(IpsetMessageTest, AnErrorTellsWhichElementIsAtFault) {
  const std::string request =
      IpsetBatchRequest(kSequence, IpsetChange::kAdd, "mxban-smtp-4",
                        SomeElements(Family::kIpv4, 10));
  const IpsetReply reply = Parse(ErrorFor(request, -4352, 6));
  EXPECT_TRUE(reply.finished);
  EXPECT_EQ(reply.error, 4352);
  EXPECT_EQ(reply.line, 6);
}

TEST(IpsetMessageTest, AnAcknowledgementIsNoError) {
  const IpsetReply reply =
      Parse(ErrorFor(IpsetDestroyRequest(kSequence, "x"), 0, 0));
  EXPECT_TRUE(reply.finished);
  EXPECT_EQ(reply.error, 0);
}

TEST(IpsetMessageTest, AnswersToOthersAreSkipped) {
  IpsetReply reply;
  ParseIpsetReply(ErrorFor(IpsetDestroyRequest(kSequence, "x"), -1, 0),
                  kSequence + 1, reply);
  EXPECT_FALSE(reply.finished);
  EXPECT_EQ(reply.error, 0);
}

// Without a name these would act on every set there is.
TEST(IpsetMessageTest, RequestsNameTheirSet) {
  for (const std::string& request :
       {IpsetDestroyRequest(kSequence, "mxban-smtp-4"),
        IpsetIndexRequest(kSequence, "mxban-smtp-4"),
        IpsetListRequest(kSequence, IpsetListing::kElements, "mxban-smtp-4"),
        IpsetListRequest(kSequence, IpsetListing::kHeader, "mxban-smtp-4")}) {
    ASSERT_EQ(Parse(request).sets.size(), 1);
    EXPECT_EQ(Parse(request).sets.front().name, "mxban-smtp-4");
  }
}

TEST(IpsetMessageTest, NoGarbageDoesHarm) {
  std::mt19937 random(1);
  const std::string request =
      IpsetBatchRequest(kSequence, IpsetChange::kAdd, "mxban-smtp-4",
                        SomeElements(Family::kIpv6, 5));
  for (const std::string& whole : {request, ErrorFor(request, -4352, 3)}) {
    for (int round = 0; round < 20'000; ++round) {
      std::string datagram = whole.substr(0, random() % (whole.size() + 1));
      for (size_t i = random() % 4; i > 0 && !datagram.empty(); --i) {
        datagram[random() % datagram.size()] = static_cast<char>(random());
      }
      (void)Parse(datagram);
    }
  }
  EXPECT_THAT(Parse("").elements, IsEmpty());
}

}  // namespace
}  // namespace mxban
