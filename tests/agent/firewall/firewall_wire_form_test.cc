// What the wire refuses, byte by byte: the half that asks may be hijacked, the
// one that answers reads what stands in the kernel.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/firewall/firewall_wire.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using Messages = std::vector<std::string>;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kNetwork = IpNetwork::ParseOrDie("203.0.113.0/24");

// As the wire has them: numbers of this machine, two bytes of size for texts.
template <typename T>
std::string Bytes(T number) {
  return std::string(reinterpret_cast<const char*>(&number), sizeof(number));
}
std::string Text(const std::string& text) {
  return Bytes(static_cast<uint16_t>(text.size())) + text;
}
std::string Network(uint8_t size, uint8_t prefix_length) {
  return Bytes(size) + Bytes(prefix_length) + std::string(size, '\x7f');
}

// The first byte of each message.
constexpr char kJail[] = "\x01", kAllowed[] = "\x02", kImposed[] = "\x03",
               kLifted[] = "\x04", kRemoved[] = "\x05", kInspect[] = "\x07",
               kRemove[] = "\x08", kState[] = "\x09", kStanding[] = "\x0a",
               kAnswer[] = "\x0b";

const std::string kSomeJail =
    absl::StrCat(kJail, Text("smtp"), std::string(1, '\0'), Bytes(uint16_t{25}),
                 Bytes(uint16_t{25}));
const std::string kEnd = Bytes(absl::ToUnixNanos(kNoon));

FirewallRequest SomeRequest() {
  return {.changes = {.jails = {{.name = "smtp",
                                 .ports = {{25, 25}, {465, 587}},
                                 .allowed = {kNetwork}}},
                      .imposed = {{"smtp", kNetwork, kNoon}},
                      .lifted = {{"smtp", IpNetwork::ParseOrDie("::1")}},
                      .removed_jails = {"other"}},
          .now = kNoon};
}

FirewallAnswer SomeAnswer() {
  return {
      absl::NotFoundError("why"),
      {{"smtp",
        {.rules = {.name = "smtp", .ports = {{25, 25}}, .allowed = {kNetwork}},
         .ban_count = 1,
         .bans = {{kNetwork, kNoon}}}}},
      "nftables"};
}

template <typename Reader>
absl::Status Read(const Messages& messages) {
  Reader reader;
  for (const std::string& message : messages) {
    const absl::Status status = reader.Take(message).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadRequest(const Messages& messages) {
  return Read<FirewallRequestReader>(messages);
}

absl::Status ReadAnswer(const Messages& messages) {
  return Read<FirewallAnswerReader>(messages);
}

bool IsRefused(const absl::Status& status) {
  return absl::IsInvalidArgument(status);
}

TEST(FirewallWireFormTest, RequestsOutOfFormAreRefused) {
  const std::string big(kMaxFirewallMessage, '\0');
  for (const Messages& messages : std::vector<Messages>{
           {""},
           {std::string(1, '\0')},
           {"\x0c"},
           {"\xff"},
           {kSomeJail + "x"},
           {kSomeJail, kState + Bytes(uint8_t{1}) + kEnd},  // An answer's.
           {kSomeJail, kStanding + Network(4, 32) + kEnd},
           {kAnswer + Text("ipset") + std::string(1, '\0') + Text("")},
           {kAllowed + Network(4, 32)},                  // Of no jail.
           {absl::StrCat(kJail, Text("smtp"), "\x03")},  // No such rejection.
           {kSomeJail, kAllowed + Network(4, 33)},
           {kSomeJail, kAllowed + Network(16, 129)},
           {kSomeJail, kAllowed + Network(5, 32)},
           {kSomeJail, kAllowed + Network(0, 0)},
           {kImposed + Text("smtp") + Network(4, 0) + kEnd},
           {kLifted + Text("smtp") + Network(16, 0)},
           {kLifted + Text("smtp") + Network(4, 32) + "x"},
           {kRemoved + Text("smtp") + "x"},
           {kRemove + std::string("x")},
           {kInspect + kEnd + "\x02"},
           {kImposed + Text("smtp") + big},
           {kSomeJail + big + big}}) {
    EXPECT_TRUE(IsRefused(ReadRequest(messages)))
        << messages.back().substr(0, 9);
  }
}

TEST(FirewallWireFormTest, AMappedNetworkOfAllAddressesIsNoBan) {
  const std::string mapped =
      absl::StrCat(std::string(10, '\0'), "\xff\xff", std::string(4, '\0'));
  EXPECT_TRUE(IsRefused(ReadRequest(
      {kLifted + Text("smtp") + "\x10" + Bytes(uint8_t{96}) + mapped})));
  EXPECT_TRUE(ReadRequest({kLifted + Text("smtp") + "\x10" +
                           Bytes(uint8_t{97}) + mapped})
                  .ok());
}

TEST(FirewallWireFormTest, NamesAreThoseOfFirewalls) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a/b"),
        std::string("smtp\0x", 6), std::string(kMaxFirewallName + 1, 'x'),
        std::string("\xc3\xa9")}) {
    EXPECT_TRUE(IsRefused(ReadRequest({kRemoved + Text(name)}))) << name;
    EXPECT_TRUE(IsRefused(ReadRequest({kImposed + Text(name)}))) << name;
    EXPECT_TRUE(IsRefused(ReadRequest({kLifted + Text(name)}))) << name;
    const std::string jail = kJail + Text(name) + std::string(1, '\0');
    EXPECT_TRUE(IsRefused(ReadRequest({jail}))) << name;
    EXPECT_TRUE(IsRefused(ReadAnswer({jail}))) << name;
  }
  EXPECT_TRUE(
      ReadRequest({kRemoved + Text(std::string(kMaxFirewallName, 'x'))}).ok());
}

TEST(FirewallWireFormTest, AnswersOutOfFormAreRefused) {
  const std::string state = kState + Bytes(uint8_t{1}) + Bytes(int64_t{0});
  EXPECT_TRUE(ReadAnswer({kSomeJail, state}).ok());
  const std::string end =
      kAnswer + Text("none") + std::string(1, '\0') + Text("");
  EXPECT_TRUE(ReadAnswer({kSomeJail, end, end}).ok());
  for (const Messages& messages : std::vector<Messages>{
           {state},  // Of no jail.
           {kAllowed + Network(4, 32)},
           {kStanding + Network(4, 32) + kEnd},
           {kSomeJail, end, state},  // A new row begins without a jail.
           {kSomeJail, state + "x"},
           {kSomeJail, kStanding + Network(4, 0) + kEnd},
           {kSomeJail, kStanding + Network(4, 32)},
           {kImposed + Text("smtp") + Network(4, 32) + kEnd},  // A request's.
           {kRemove},
           {kAnswer + Text(std::string(17, 'x')) + std::string(1, '\0') +
            Text("")},
           {kAnswer + Text("none") + "\x05" + Text(std::string(4097, 'x'))}}) {
    EXPECT_TRUE(IsRefused(ReadAnswer(messages)))
        << messages.back().substr(0, 9);
  }
}

// A list may end early between two of its things; all else is cut in two.
TEST(FirewallWireFormTest, WhatIsCutShortIsRefusedOrSaysLess) {
  Messages requests, answers;
  const auto keep = [](Messages& messages) {
    return [&messages](absl::string_view message) {
      messages.emplace_back(message);
      return true;
    };
  };
  ASSERT_TRUE(WriteFirewallRequest(SomeRequest(), keep(requests)));
  ASSERT_TRUE(WriteFirewallAnswer(SomeAnswer(), keep(answers)));
  const auto whole_cuts = [](const Messages& row, const auto& read) {
    int whole = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      Messages cut(row.begin(), row.begin() + i + 1);
      for (cut[i].pop_back(); !cut[i].empty(); cut[i].pop_back()) {
        const absl::Status status = read(cut);
        EXPECT_TRUE(status.ok() || IsRefused(status));
        whole += status.ok();
      }
      EXPECT_TRUE(IsRefused(read(cut))) << "empty";
    }
    return whole;
  };
  // The jail with one port fewer and with none, and four lists with nothing.
  EXPECT_EQ(whole_cuts(requests, ReadRequest), 2 + 3);
  EXPECT_EQ(whole_cuts(answers, ReadAnswer), 1 + 2);
}

// The same ban again and again takes no room here, but counts.
TEST(FirewallWireFormTest, ARowHasABound) {
  constexpr size_t kBans = 2000;
  std::string standing = kStanding;
  for (size_t i = 0; i < kBans; ++i) standing += Network(4, 32) + kEnd;
  FirewallAnswerReader reader;
  ASSERT_TRUE(reader.Take(kSomeJail).ok());
  size_t taken = 0;
  while (taken * kBans <= kMaxFirewallParts && reader.Take(standing).ok()) {
    ++taken;
  }
  EXPECT_LE(taken * kBans, kMaxFirewallParts);
  EXPECT_GE((taken + 2) * (kBans + 1), kMaxFirewallParts);
}

}  // namespace
}  // namespace mxban
