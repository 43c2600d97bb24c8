// Bans that end by themselves: only the kernel of ipset counts time.

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/firewall/ipset_firewall.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using Lab = FirewallLab;
using Outcome = NetworkLab::Outcome;

class FirewallTimeTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok()); }

  absl::Status Ban(absl::string_view source, absl::Time end) {
    FirewallChanges changes;
    changes.imposed.push_back(BanOf(source, "smtp", end));
    return lab_.firewall().Apply(changes, now_);
  }

  // When the ban ends, from now_; nullopt if there is none.
  std::optional<absl::Duration> Left(absl::string_view source) {
    const FirewallState state =
        lab_.firewall().Inspect(InspectDepth::kRulesAndBans, now_).value();
    const auto& bans = state.at("smtp").bans;
    const auto ban = bans.find(IpNetwork::ParseOrDie(source));
    if (ban == bans.end()) return std::nullopt;
    return *ban->second - now_;
  }

  // CPU time of both ends, which are in this process, and of the kernel between
  // them. For a thread on the client.
  static absl::Duration CostOfConnections(uint16_t port) {
    timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int i = 0; i < 200; ++i) {
      Outcome outcome;
      const int connection = NetworkLab::ConnectHere(
          Lab::kNeighbour, "192.0.2.1", port, absl::Seconds(2), outcome);
      EXPECT_EQ(outcome, Outcome::kConnected);
      close(connection);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return absl::TimeFromTimespec(end) - absl::TimeFromTimespec(start);
  }

  FirewallLab lab_{"ipset"};
  const absl::Time now_ = absl::Now();
};

TEST_F(FirewallTimeTest, ABanOfTwoSecondsEndsByItselfAndNotBefore) {
  const absl::Time start = absl::Now();
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Milliseconds(1500)).ok());
  while (lab_.TryConnect(Lab::kSpammer) == Outcome::kRefused &&
         absl::Now() < start + absl::Seconds(10)) {
  }
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(1500));
  EXPECT_LE(absl::Now() - start, absl::Seconds(4));
  EXPECT_EQ(lab_.Inspect()["smtp"].ban_count, 0);
}

TEST_F(FirewallTimeTest, ABanWithoutEndIsToldSo) {
  ASSERT_TRUE(Ban(Lab::kSpammer, absl::InfiniteFuture()).ok());
  EXPECT_EQ(Left(Lab::kSpammer), absl::InfiniteDuration());
}

TEST_F(FirewallTimeTest, EndsComeBackWithinASecondOrTwo) {
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(10)).ok());
  EXPECT_GE(*Left(Lab::kSpammer), absl::Seconds(598));
  EXPECT_LE(*Left(Lab::kSpammer), absl::Seconds(601));
}

TEST_F(FirewallTimeTest, ABanBeyondWhatTheKernelCountsIsInForceAndRenewed) {
  const absl::Time end = now_ + absl::Hours(24 * 30);
  ASSERT_TRUE(Ban(Lab::kSpammer, end).ok());
  const absl::Time standing = now_ + *Left(Lab::kSpammer);
  EXPECT_GE(standing - now_, kLongestBan - absl::Seconds(2));
  EXPECT_LE(standing - now_, kLongestBan);
  EXPECT_TRUE(EndStands(standing, end, now_));
  EXPECT_FALSE(EndStands(standing, end, now_ + absl::Hours(24 * 20)));
}

TEST_F(FirewallTimeTest, ImposingAgainMovesTheEndBothWays) {
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(10)).ok());
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(60)).ok());
  EXPECT_GE(*Left(Lab::kSpammer), absl::Minutes(59));
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(5)).ok());
  EXPECT_LE(*Left(Lab::kSpammer), absl::Minutes(6));
}

TEST_F(FirewallTimeTest, ABanThatHasEndedIsNotImposedForEver) {
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(10)).ok());
  ASSERT_TRUE(Ban(Lab::kSpammer, now_).ok());
  ASSERT_TRUE(Ban(Lab::kStranger, now_ - absl::Minutes(1)).ok());
  EXPECT_EQ(Left(Lab::kSpammer), std::nullopt);
  EXPECT_EQ(Left(Lab::kStranger), std::nullopt);
}

TEST_F(FirewallTimeTest, AnEndSurvivesTheReplacementOfItsSet) {
  lab_.OnRelay(
      "ipset create x hash:net timeout 0 maxelem 77 && "
      "ipset swap x mxban-smtp-4 && ipset destroy x");
  ASSERT_TRUE(Ban(Lab::kSpammer, now_ + absl::Minutes(10)).ok());
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  EXPECT_TRUE(lab_.Inspect()["smtp"].intact);
  EXPECT_GE(*Left(Lab::kSpammer), absl::Seconds(598));
}

// One ban must stay far below a millisecond whatever stands already, and a
// hundred thousand come in within a second. The figures go into the test's XML.
TEST_F(FirewallTimeTest, OneBanAmongAHundredThousandIsCheap) {
  FirewallChanges many;
  for (int i = 0; i < 100'000; ++i) {
    many.imposed.push_back(
        BanOf(absl::StrCat("10.", i >> 16, ".", (i >> 8) & 255, ".", i & 255)));
  }
  const FirewallChanges one = Imposing({Lab::kSpammer});
  lab_.network().Run(Lab::kRelay, [&] {
    std::unique_ptr<Firewall> firewall = IpsetFirewall::Open().value();
    const auto timed = [&](const char* name, int times, auto work) {
      const absl::Time start = absl::Now();
      for (int i = 0; i < times; ++i) work();
      const absl::Duration each = (absl::Now() - start) / times;
      RecordProperty(name, absl::FormatDuration(each));
      return each;
    };
    EXPECT_LT(timed("load", 1,
                    [&] { EXPECT_TRUE(firewall->Apply(many, now_).ok()); }),
              absl::Seconds(1));
    EXPECT_LT(timed("one_ban", 1000,
                    [&] { EXPECT_TRUE(firewall->Apply(one, now_).ok()); }),
              absl::Milliseconds(1));
    timed("inspect_rules", 10, [&] {
      EXPECT_TRUE(firewall->Inspect(InspectDepth::kRules, now_).ok());
    });
    timed("inspect_bans", 1, [&] {
      EXPECT_TRUE(firewall->Inspect(InspectDepth::kRulesAndBans, now_).ok());
    });
  });
  EXPECT_EQ(lab_.Inspect()["smtp"].bans.size(), 100'001);

  // Who is not banned hardly feels them: processor time of connections to a
  // port that is filtered, over that to one that is not, in turn.
  std::vector<double> ratios;
  lab_.network().Run(Lab::kClient, [&] {
    for (int round = 0; round < 15; ++round) {
      const absl::Duration filtered = CostOfConnections(25);
      ratios.push_back(absl::FDivDuration(filtered, CostOfConnections(2525)));
    }
  });
  std::sort(ratios.begin(), ratios.end());
  RecordProperty("packet_ratio", absl::StrCat(ratios[ratios.size() / 2]));
  EXPECT_LT(ratios[ratios.size() / 2], 1.15);
}

}  // namespace
}  // namespace mxban
