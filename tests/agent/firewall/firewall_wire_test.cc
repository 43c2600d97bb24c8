#include "agent/firewall/firewall_wire.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::Each;
using ::testing::Le;
using ::testing::SizeIs;

using Messages = std::vector<std::string>;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

IpNetwork RandomNetwork(std::mt19937& random) {
  uint8_t bytes[16];
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return random() % 2 == 0
             ? IpNetwork::FromBytes(absl::MakeConstSpan(bytes, 4),
                                    1 + static_cast<int>(random() % 32))
             : IpNetwork::FromBytes(bytes,
                                    1 + static_cast<int>(random() % 128));
}

absl::Time RandomTime(std::mt19937& random) {
  return random() % 4 == 0 ? absl::InfiniteFuture()
                           : kNoon + absl::Nanoseconds(random());
}

std::string RandomName(std::mt19937& random) {
  return absl::StrCat("jail-", random() % 3);
}

JailRules RandomRules(size_t size, std::mt19937& random) {
  JailRules rules = {.name = RandomName(random)};
  for (size_t i = 1 + random() % 15; i > 0; --i) {
    rules.ports.push_back(
        {static_cast<uint16_t>(random()), static_cast<uint16_t>(random())});
  }
  rules.rejection = static_cast<Rejection>(random() % 3);
  for (size_t i = random() % size; i > 0; --i) {
    rules.allowed.push_back(RandomNetwork(random));
  }
  return rules;
}

// `size` bounds how many there are of each.
FirewallRequest RandomRequest(size_t size, std::mt19937& random) {
  FirewallRequest request = {.now = RandomTime(random)};
  request.kind = static_cast<FirewallRequest::Kind>(random() % 3);
  request.depth = static_cast<InspectDepth>(random() % 2);
  if (request.kind != FirewallRequest::Kind::kInspect) request.depth = {};
  if (request.kind == FirewallRequest::Kind::kRemove) request.now = {};
  if (request.kind != FirewallRequest::Kind::kApply) return request;
  FirewallChanges& changes = request.changes;
  for (size_t i = random() % 3; i > 0; --i) {
    changes.jails.push_back(RandomRules(size, random));
    changes.removed_jails.push_back(RandomName(random));
  }
  std::string jail;
  for (size_t i = random() % size; i > 0; --i) {
    if (jail.empty() || random() % 100 == 0) jail = RandomName(random);
    changes.imposed.push_back(
        {jail, RandomNetwork(random), RandomTime(random)});
    changes.lifted.push_back({jail, RandomNetwork(random)});
  }
  return request;
}

FirewallAnswer RandomAnswer(size_t size, std::mt19937& random) {
  FirewallAnswer answer = {.backend = random() % 2 == 0 ? "nftables" : ""};
  if (random() % 2 == 0) answer.status = absl::NotFoundError("no jail x");
  for (size_t i = random() % 3; i > 0; --i) {
    JailRules rules = RandomRules(size, random);
    JailState& state = answer.state[rules.name];
    state.rules = std::move(rules);
    state.intact = random() % 2 == 0;
    if (random() % 2 == 0) state.ban_count = random();
    for (size_t n = random() % size; n > 0; --n) {
      auto& end = state.bans[RandomNetwork(random)];
      if (random() % 2 == 0) end = RandomTime(random);
    }
  }
  return answer;
}

Messages Written(const FirewallRequest& request) {
  Messages messages;
  EXPECT_TRUE(WriteFirewallRequest(request, [&](absl::string_view message) {
    messages.emplace_back(message);
    return true;
  }));
  return messages;
}

Messages Written(const FirewallAnswer& answer) {
  Messages messages;
  EXPECT_TRUE(WriteFirewallAnswer(answer, [&](absl::string_view message) {
    messages.emplace_back(message);
    return true;
  }));
  return messages;
}

// What is read with the last of `messages`.
template <typename Reader>
auto ReadBy(Reader& reader, const Messages& messages) {
  for (size_t i = 0; i + 1 < messages.size(); ++i) {
    const auto taken = reader.Take(messages[i]);
    EXPECT_TRUE(taken.ok() && !taken->has_value()) << taken.status();
  }
  return reader.Take(messages.back());
}

void ExpectEqual(const std::vector<FirewallBan>& a,
                 const std::vector<FirewallBan>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].jail, b[i].jail);
    EXPECT_EQ(a[i].source, b[i].source);
    EXPECT_EQ(a[i].expire_time, b[i].expire_time);
  }
}

void ExpectEqual(const FirewallRequest& a, const FirewallRequest& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.depth, b.depth);
  EXPECT_EQ(a.now, b.now);
  EXPECT_EQ(a.changes.jails, b.changes.jails);
  EXPECT_EQ(a.changes.removed_jails, b.changes.removed_jails);
  ExpectEqual(a.changes.imposed, b.changes.imposed);
  ExpectEqual(a.changes.lifted, b.changes.lifted);
}

void ExpectEqual(const FirewallAnswer& a, const FirewallAnswer& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.backend, b.backend);
  ASSERT_EQ(a.state.size(), b.state.size());
  for (const auto& [name, state] : a.state) {
    const JailState& other = b.state.at(name);
    EXPECT_EQ(state.rules, other.rules);
    EXPECT_EQ(state.intact, other.intact);
    EXPECT_EQ(state.ban_count, other.ban_count);
    EXPECT_EQ(state.bans, other.bans);
  }
}

// One reader reads all rows: after each a new one begins.
TEST(FirewallWireTest, RequestsArriveAsTheyWere) {
  std::mt19937 random(1);
  FirewallRequestReader reader;
  for (int round = 0; round < 300; ++round) {
    const FirewallRequest request =
        RandomRequest(round % 50 == 0 ? 9000 : 20, random);
    const Messages messages = Written(request);
    EXPECT_THAT(messages, Each(SizeIs(Le(kMaxFirewallMessage))));
    const auto read = ReadBy(reader, messages);
    ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
    ExpectEqual(**read, request);
  }
}

TEST(FirewallWireTest, AnswersArriveAsTheyWere) {
  std::mt19937 random(2);
  FirewallAnswerReader reader;
  for (int round = 0; round < 300; ++round) {
    const FirewallAnswer answer =
        RandomAnswer(round % 50 == 0 ? 9000 : 20, random);
    const Messages messages = Written(answer);
    EXPECT_THAT(messages, Each(SizeIs(Le(kMaxFirewallMessage))));
    const auto read = ReadBy(reader, messages);
    ASSERT_TRUE(read.ok() && read->has_value()) << read.status();
    ExpectEqual(**read, answer);
  }
}

TEST(FirewallWireTest, BansOfOneJailShareMessages) {
  FirewallRequest request;
  for (uint8_t i = 0; i < 200; ++i) {
    request.changes.imposed.push_back(
        {i < 100 ? "one" : "two", IpNetwork::FromBytes({10, 0, 0, i}, 32)});
  }
  EXPECT_EQ(Written(request).size(), 3);
}

TEST(FirewallWireTest, WritingEndsWhereSendingFails) {
  std::mt19937 random(3);
  const FirewallRequest request = {
      .changes = {.jails = {RandomRules(9, random), RandomRules(9, random)}}};
  const FirewallAnswer answer = {.state = {{"a", {}}, {"b", {}}}};
  for (const size_t sent : {0, 1, 2}) {
    size_t left = sent;
    const auto send = [&](absl::string_view) { return left-- > 0; };
    EXPECT_FALSE(WriteFirewallRequest(request, send));
    EXPECT_EQ(left, -1ul) << "nothing is sent after a failure";
    left = sent;
    EXPECT_FALSE(WriteFirewallAnswer(answer, send));
    EXPECT_EQ(left, -1ul);
  }
}

TEST(FirewallWireTest, ALongErrorIsCut) {
  FirewallAnswerReader reader;
  const auto read = ReadBy(
      reader, Written(FirewallAnswer{
                  .status = absl::InternalError(std::string(70'000, 'x'))}));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->status, absl::InternalError(std::string(4096, 'x')));
}

}  // namespace
}  // namespace mxban
