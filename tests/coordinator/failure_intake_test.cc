#include "coordinator/failure_intake.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

Jail SomeJail() {
  Jail jail;
  jail.name = "jail";
  jail.find_time = absl::Minutes(10);
  jail.ignored_networks = {IpNetwork::ParseOrDie("192.0.2.0/24")};
  return jail;
}

Failure At(uint64_t end_offset, const char* source = "203.0.113.9",
           absl::Time time = kNoon) {
  return {IpNetwork::ParseOrDie(source), time, end_offset, ""};
}

FailureBatch Batch(std::vector<Failure> failures, const char* log = "log") {
  return {"jail", log, std::move(failures)};
}

class FailureIntakeTest : public testing::Test {
 protected:
  size_t Accepted(FailureBatch batch, const char* server = "mx1") {
    return Accept(batch, &jail_, server).failures.size();
  }

  // What is left of `batch`, and how far its log is recorded then.
  struct Outcome {
    std::vector<Failure> failures;
    std::vector<RightLogin> right_logins;
    LogProgress progress;
  };
  Outcome Accept(const FailureBatch& batch, const Jail* jail,
                 const char* server = "mx1") {
    const auto report = ReportOf(server, batch);
    LogProgress progress = intake_.Accept(*report, jail, kNoon);
    FailureBatch left = BatchOf(*report);
    return {left.failures, left.right_logins, progress};
  }

  const Jail jail_ = SomeJail();
  Pardons pardons_;
  FailureIntake intake_{pardons_};
};

TEST_F(FailureIntakeTest, EachPositionCountsOnce) {
  EXPECT_EQ(Accepted(Batch({At(100), At(200)})), 2);
  EXPECT_EQ(Accepted(Batch({At(100), At(200), At(300)})), 1);
  EXPECT_EQ(intake_.tally().repeated, 2);
}

TEST_F(FailureIntakeTest, FailuresOfOneLineShareAPosition) {
  EXPECT_EQ(Accepted(Batch({At(100), At(100), At(100)})), 3);
}

TEST_F(FailureIntakeTest, LogsAndServersHavePositionsOfTheirOwn) {
  EXPECT_EQ(Accepted(Batch({At(100)}, "log")), 1);
  EXPECT_EQ(Accepted(Batch({At(100)}, "log.1")), 1);
  EXPECT_EQ(Accepted(Batch({At(100)}, "log"), "mx2"), 1);
}

TEST_F(FailureIntakeTest, TheStoresPositionsHold) {
  intake_.Load({{"mx1", "jail", "log", 150, kNoon}});
  EXPECT_EQ(Accepted(Batch({At(100), At(150), At(200)})), 1);
}

TEST_F(FailureIntakeTest, PositionsOfOldAreForgotten) {
  intake_.Load({{"mx1", "jail", "old", 150, kNoon - absl::Seconds(1)},
                {"mx1", "jail", "new", 150, kNoon}});
  intake_.ForgetBefore(kNoon);
  EXPECT_EQ(Accepted(Batch({At(150)}, "old")), 1);
  EXPECT_EQ(Accepted(Batch({At(150)}, "new")), 0);
}

TEST_F(FailureIntakeTest, APositionIsAsOldAsItsLastReport) {
  intake_.Load({{"mx1", "jail", "log", 150, kNoon - absl::Hours(1)}});
  EXPECT_EQ(Accepted(Batch({At(100)})), 0);
  intake_.ForgetBefore(kNoon);
  EXPECT_EQ(Accepted(Batch({At(100)})), 0);
}

TEST_F(FailureIntakeTest, AFailureOlderThanTheWindowDoesNotCount) {
  EXPECT_EQ(Accepted(Batch({At(1, "203.0.113.9", kNoon - absl::Minutes(10)),
                            At(2, "203.0.113.9",
                               kNoon - absl::Minutes(10) + absl::Seconds(1))})),
            1);
  EXPECT_EQ(intake_.tally().too_old, 1);
}

TEST_F(FailureIntakeTest, AClockThatIsAheadIsReadAsNow) {
  const auto accepted =
      Accept(Batch({At(1, "203.0.113.9", kNoon + absl::Hours(1))}), &jail_);
  ASSERT_EQ(accepted.failures.size(), 1);
  EXPECT_EQ(accepted.failures[0].time, kNoon);
}

TEST_F(FailureIntakeTest, IgnoredNetworksAreNotCounted) {
  EXPECT_EQ(Accepted(Batch({At(1, "192.0.2.77")})), 0);
  EXPECT_EQ(intake_.tally().ignored, 1);
}

TEST_F(FailureIntakeTest, WhatWasPardonedDoesNotCountLater) {
  pardons_.Add({{"jail", IpNetwork::ParseOrDie("203.0.113.0/24")},
                kNoon - absl::Milliseconds(500)});
  pardons_.Add({{"other", IpNetwork::ParseOrDie("198.51.100.7")}, kNoon});
  EXPECT_EQ(Accepted(Batch({At(1, "203.0.113.9", kNoon - absl::Seconds(2)),
                            At(2, "203.0.113.9", kNoon - absl::Seconds(1)),
                            At(3, "203.0.113.9", kNoon),
                            At(4, "198.51.100.7", kNoon - absl::Hours(1))})),
            2)
      << "the second of the pardon, and after";
  EXPECT_EQ(intake_.tally().pardoned, 1);
  EXPECT_EQ(intake_.tally().too_old, 1);
}

TEST_F(FailureIntakeTest, Ipv6CountsByItsNetwork) {
  const auto accepted = Accept(Batch({At(1, "2001:db8:bad::10")}), &jail_);
  EXPECT_EQ(accepted.failures[0].source.ToString(), "2001:db8:bad::/64");
}

TEST_F(FailureIntakeTest, NoNetworkWithLoopbackIsCounted) {
  EXPECT_EQ(Accepted(Batch({At(1, "0:0:0:0:1::1")})), 0) << "::/64";
  EXPECT_EQ(intake_.tally().ignored, 1);
}

TEST_F(FailureIntakeTest, ClientsBehindNat64CountEachForItself) {
  const auto accepted = Accept(Batch({At(1, "64:ff9b::203.0.113.9")}), &jail_);
  ASSERT_EQ(accepted.failures.size(), 1);
  EXPECT_EQ(accepted.failures[0].source,
            IpNetwork::ParseOrDie("64:ff9b::203.0.113.9"));
}

TEST_F(FailureIntakeTest, AJailThatIsNotInForceIsAnsweredAndForgotten) {
  const auto accepted = Accept(Batch({At(1, "192.0.2.1"), At(2)}), nullptr);
  EXPECT_TRUE(accepted.failures.empty());
  EXPECT_EQ(accepted.progress.offset, 2);
  EXPECT_EQ(Accepted(Batch({At(2)})), 1) << "in force, it counts";
}

TEST_F(FailureIntakeTest, ThePositionMovesOnWhateverCounts) {
  const auto accepted =
      Accept(Batch({At(1, "192.0.2.1"), At(2, "192.0.2.1")}), &jail_);
  EXPECT_TRUE(accepted.failures.empty());
  EXPECT_EQ(accepted.progress.offset, 2);
}

TEST_F(FailureIntakeTest, RightLoginsPassOnceBesideFailures) {
  Jail jail = SomeJail();
  jail.filter.success_regexes = {"x"};
  jail.good_time = absl::Hours(2);
  const auto login = [](uint64_t end_offset, const char* source,
                        absl::Time time = kNoon) {
    return RightLogin{IpNetwork::ParseOrDie(source), time, end_offset, "alice"};
  };
  const FailureBatch batch = {
      "jail",
      "log",
      {At(100), At(200)},
      {login(150, "2001:db8::1", kNoon + absl::Hours(1)),
       login(250, "192.0.2.1"),
       login(300, "203.0.113.9", kNoon - absl::Hours(2))}};
  auto accepted = Accept(batch, &jail);
  EXPECT_EQ(accepted.failures.size(), 2);
  ASSERT_EQ(accepted.right_logins.size(), 1) << "one is ignored, one too old";
  EXPECT_EQ(accepted.right_logins[0].source,
            IpNetwork::ParseOrDie("2001:db8::/64"));
  EXPECT_EQ(accepted.right_logins[0].time, kNoon);
  EXPECT_EQ(accepted.progress.offset, 300) << "of both";
  accepted = Accept(batch, &jail);
  EXPECT_TRUE(accepted.failures.empty());
  EXPECT_TRUE(accepted.right_logins.empty());
  EXPECT_EQ(accepted.progress.offset, 300);
}

TEST_F(FailureIntakeTest, RightLoginsThatNobodyAsksForAreDone) {
  const FailureBatch batch = {
      "jail",
      "log",
      {},
      {{IpNetwork::ParseOrDie("203.0.113.9"), kNoon, 100, "alice"}}};
  auto accepted = Accept(batch, &jail_);
  EXPECT_TRUE(accepted.right_logins.empty());
  EXPECT_EQ(accepted.progress.offset, 100);
  accepted = Accept(batch, nullptr);
  EXPECT_EQ(accepted.progress.offset, 100);
}

}  // namespace
}  // namespace mxban
