#include "tests/cluster/simulation/truth.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban::simulation {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kSource = IpNetwork::ParseOrDie("203.0.113.1");

class TruthTest : public testing::Test {
 protected:
  TruthTest() { truth_.SetLimits({3, absl::Minutes(10), absl::Hours(8)}); }

  uint64_t Write() { return truth_.Write(0, {"203.0.113.1", kSource}); }

  void Record(const std::string& jail, uint64_t number, absl::Time time,
              absl::Time now) {
    truth_.Record(0,
                  {jail,
                   "log",
                   {{kSource, time, 1,
                     absl::StrCat("mx0 ", Truth::Serial(number), ": x")}}},
                  now);
  }

  // A failure at `time`, recorded for both jails at once.
  void Fail(absl::Time time) {
    const uint64_t number = Write();
    Record(kTally, number, time, time);
    Record(kLogin, number, time, time);
  }

  Truth truth_;
};

TEST_F(TruthTest, AFailureIsMissingUntilItIsRecordedForBothJails) {
  const uint64_t number = Write();
  EXPECT_EQ(truth_.MissingOf(0), 1);
  EXPECT_EQ(truth_.FirstMissing(), Truth::Serial(number));
  Record(kTally, number, kNoon, kNoon);
  EXPECT_EQ(truth_.MissingOf(0), 1);
  Record(kLogin, number, kNoon, kNoon);
  EXPECT_EQ(truth_.MissingOf(-1), 0);
}

TEST_F(TruthTest, WhatIsRecordedAgainCountsOnce) {
  const uint64_t number = Write();
  for (int i = 0; i < 3; ++i) Record(kLogin, number, kNoon, kNoon);
  EXPECT_EQ(truth_.CountingTowardsBans(kNoon).at(kSource).size(), 1);
  EXPECT_TRUE(truth_.StandingAt(kNoon).empty());
}

TEST_F(TruthTest, BansForFailuresWithinTheWindow) {
  Fail(kNoon);
  Fail(kNoon + absl::Minutes(5));
  Fail(kNoon + absl::Minutes(10));
  EXPECT_TRUE(truth_.StandingAt(kNoon + absl::Minutes(10)).empty());
  Fail(kNoon + absl::Minutes(11));
  const auto standing = truth_.StandingAt(kNoon + absl::Minutes(11));
  ASSERT_EQ(standing.size(), 1);
  EXPECT_EQ(standing.at(kSource).failure_count, 3);
  EXPECT_EQ(standing.at(kSource).expire_time,
            kNoon + absl::Minutes(11) + absl::Hours(8));
  EXPECT_TRUE(truth_.CountingTowardsBans(kNoon).empty());
}

TEST_F(TruthTest, ABanEndsAndIsRemembered) {
  for (int i = 0; i < 3; ++i) Fail(kNoon);
  const absl::Time later = kNoon + absl::Hours(8);
  EXPECT_TRUE(truth_.StandingAt(later).empty());
  for (int i = 0; i < 3; ++i) Fail(later);
  EXPECT_EQ(truth_.StandingAt(later).at(kSource).previous_ban_count, 1);
}

TEST_F(TruthTest, OperatorsBanForLongerAndPardon) {
  for (int i = 0; i < 3; ++i) Fail(kNoon);
  truth_.Impose(kSource, absl::Hours(1), kNoon);
  EXPECT_FALSE(truth_.StandingAt(kNoon).at(kSource).is_operators);
  truth_.Impose(kSource, absl::InfiniteDuration(), kNoon);
  EXPECT_TRUE(truth_.StandingAt(kNoon).at(kSource).is_operators);
  Fail(kNoon);
  truth_.Pardon(kSource, kNoon);
  EXPECT_TRUE(truth_.StandingAt(kNoon).empty());
  EXPECT_TRUE(truth_.CountingTowardsBans(kNoon).empty());
  Fail(kNoon - absl::Seconds(1));
  EXPECT_TRUE(truth_.CountingTowardsBans(kNoon).empty()) << "it is forgiven";
}

TEST_F(TruthTest, ARightLoginForgivesItsUserBeforeAndAfter) {
  const Suspect suspect = {"203.0.113.1", kSource};
  uint64_t offset = 0;
  const auto fail = [&](const char* user) {
    const uint64_t number = truth_.Write(0, suspect, user);
    Record(kTally, number, kNoon, kNoon);
    Record(kLogin, number, kNoon, kNoon);
  };
  const auto log_in = [&](absl::Time time) {
    const uint64_t number = truth_.WriteLogin(0, suspect);
    EXPECT_EQ(truth_.MissingOf(0), 1);
    for (const auto& [jail, user] :
         {std::pair<std::string, std::string>(kTally, Truth::Serial(number)),
          std::pair<std::string, std::string>(kLogin, "ann")}) {
      truth_.Record(0, {jail, "log", {}, {{kSource, time, ++offset, user}}},
                    kNoon);
    }
    EXPECT_EQ(truth_.MissingOf(0), 0);
  };
  fail("ann");
  fail("ann");
  log_in(kNoon - absl::Hours(2));
  log_in(kNoon - absl::Hours(3));
  for (int i = 0; i < 5; ++i) fail("ann");
  fail("");
  fail("");
  EXPECT_TRUE(truth_.StandingAt(kNoon).empty());
  EXPECT_EQ(truth_.CountingTowardsBans(kNoon).at(kSource).size(), 2)
      << "the others are forgiven";
  EXPECT_EQ(truth_.newest_logins().at({kSource, "ann"}),
            kNoon - absl::Hours(2));
  EXPECT_EQ(truth_.RightLogins().size(), 2);
  fail("");
  EXPECT_EQ(truth_.StandingAt(kNoon).size(), 1);
}

}  // namespace
}  // namespace mxban::simulation
