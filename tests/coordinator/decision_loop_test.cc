// On a real store; a wrapper makes commits fail.

#include "coordinator/decision_loop.h"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

TEST_F(DecisionLoopTest, CountsOverAllServers) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  ASSERT_TRUE(Report("mx2", 100).ok());
  EXPECT_FALSE(Standing().has_value());
  ASSERT_TRUE(Report("mx3", 100).ok());
  const std::optional<Ban> ban = Standing();
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->failure_count, 3);
  EXPECT_EQ(ban->servers, (std::vector<std::string>{"mx1", "mx2", "mx3"}));
  EXPECT_EQ(ban->evidence.size(), 3);
  EXPECT_EQ(ban->evidence.back(), "mx3 saw it");
  EXPECT_EQ(ban->revision, table_->revision());
}

TEST_F(DecisionLoopTest, AcknowledgesTheOffset) {
  EXPECT_EQ(*Report("mx1", 100), 100);
  EXPECT_EQ(*Report("mx1", 70), 100) << "an older one was recorded before";
}

TEST_F(DecisionLoopTest, WhatIsSentTwiceCountsOnce) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Report("mx1", 100).ok());
  EXPECT_FALSE(Standing().has_value());
}

TEST_F(DecisionLoopTest, CountsSurviveARestart) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  ASSERT_TRUE(Report("mx2", 100).ok());
  Restart();
  ASSERT_TRUE(Report("mx2", 100).ok());
  EXPECT_FALSE(Standing().has_value()) << "sent again after the restart";
  ASSERT_TRUE(Report("mx3", 100).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, BansSurviveARestartWithANewerRevision) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const uint64_t revision = table_->revision();
  Restart();
  EXPECT_TRUE(Standing().has_value());
  EXPECT_GT(table_->revision(), revision);
}

TEST_F(DecisionLoopTest, AFullDiskRefusesAndRecovers) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  store_->is_full_ = true;
  EXPECT_EQ(Report("mx2", 100).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Report("mx3", 100).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(Standing().has_value());
  store_->is_full_ = false;
  EXPECT_EQ(*Report("mx2", 100), 100);
  EXPECT_FALSE(Standing().has_value()) << "what was refused did not count";
  EXPECT_EQ(*Report("mx3", 100), 100);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, ABanThatIsNotDurableIsNotVisible) {
  store_->is_full_ = true;
  const uint64_t revision = table_->revision();
  EXPECT_EQ(Impose(kAttacker).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(table_->revision(), revision);
}

TEST_F(DecisionLoopTest, ABanThatIsOnlyValidatedIsNotImposed) {
  BanRequest request;
  request.jail = "jail";
  request.source = IpNetwork::ParseOrDie(kAttacker);
  request.validate_only = true;
  std::vector<absl::StatusOr<Ban>> answers;
  const auto keep = [&](absl::StatusOr<Ban> ban) {
    answers.push_back(std::move(ban));
  };
  loop_->ImposeBan(request, keep);
  request.source = IpNetwork::ParseOrDie("192.0.2.1");  // Is ignored.
  loop_->ImposeBan(request, keep);
  loop_->RunTurn();
  ASSERT_EQ(answers.size(), 2);  // Refusals come first.
  EXPECT_EQ(answers[0].status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(answers[1].status(), absl::OkStatus());
  EXPECT_EQ(answers[1]->expire_time, clock_.TimeNow() + absl::Hours(8));
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(AuditLog(), std::vector<std::string>());
}

TEST_F(DecisionLoopTest, BansExpire) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const uint64_t revision = table_->revision();
  clock_.Advance(absl::Hours(8));
  loop_->RunTurn();
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(table_->revision(), revision) << "agents have clocks";
  Restart();
  EXPECT_FALSE(Standing().has_value());
}

TEST_F(DecisionLoopTest, APardonForgetsTheFailures) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  ASSERT_TRUE(Report("mx1", 200).ok());
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  EXPECT_FALSE(Standing().has_value());
  ASSERT_TRUE(Report("mx1", 300).ok());
  EXPECT_FALSE(Standing().has_value());
  Restart();
  ASSERT_TRUE(Report("mx1", 400).ok());
  EXPECT_FALSE(Standing().has_value());
  ASSERT_TRUE(Report("mx1", 500).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, APardonForgetsEarlierBans) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  Wait(absl::Hours(8));
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_EQ(Standing()->previous_ban_count, 1);
  ASSERT_TRUE(Pardon(kAttacker).ok());
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_EQ(Standing()->previous_ban_count, 0);
}

TEST_F(DecisionLoopTest, APardonCountsWithinItsTurn) {
  Replace(EscalatingJails(true));
  FailUntilBanned();
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "", "operator",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_EQ(Standing()->previous_ban_count, 0);
  Wait(absl::Hours(8));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)))
      << "the ban after the pardon is remembered";
}

TEST_F(DecisionLoopTest, PositionsOfOldLogsAreForgotten) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  Wait(absl::Hours(24));
  EXPECT_EQ(store_->Load()->progress.size(), 1);
  EXPECT_EQ(*Report("mx1", 70), 100);
  Wait(absl::Hours(24) + absl::Minutes(1));
  EXPECT_TRUE(store_->Load()->progress.empty());
  EXPECT_EQ(*Report("mx1", 70), 70);
}

TEST_F(DecisionLoopTest, WhateverIsWrongBatchesAreToBeSentAgain) {
  Replace(EscalatingJails(false));
  store_->counts_error_ = absl::InvalidArgumentError("not readable");
  const absl::Status refused = Report("mx1", 100).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(refused.message(), "not readable");
  store_->counts_error_ = absl::OkStatus();
  EXPECT_EQ(*Report("mx1", 100), 100);
}

TEST_F(DecisionLoopTest, NobodyToPardonIsNotFound) {
  EXPECT_EQ(Pardon(kAttacker).code(), absl::StatusCode::kNotFound);
}

TEST_F(DecisionLoopTest, AnUnknownJailIsNotFound) {
  std::optional<absl::Status> answer;
  loop_->ImposeBan({.jail = "nojail"},
                   [&](absl::StatusOr<Ban> ban) { answer = ban.status(); });
  loop_->RunTurn();
  EXPECT_EQ(answer->code(), absl::StatusCode::kNotFound);
}

TEST_F(DecisionLoopTest, IgnoredSourcesAreNeverBanned) {
  for (uint64_t offset = 1; offset < 10; ++offset) {
    ASSERT_TRUE(Report("mx1", offset, "192.0.2.7").ok());
  }
  EXPECT_FALSE(Standing("192.0.2.7").has_value());
  EXPECT_EQ(Impose("192.0.2.7").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(DecisionLoopTest, NewLimitsHoldForWhatWasCountedBefore) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  std::optional<absl::Status> answer;
  loop_->ReplaceJails(Jails(2), "operator", "",
                      [&](absl::Status status) { answer = status; });
  loop_->RunTurn();
  ASSERT_TRUE(answer->ok());
  ASSERT_TRUE(Report("mx1", 200).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, BansOfAKnownOffenderGrow) {
  Replace(EscalatingJails(false));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(3, absl::Hours(8)));
  Wait(absl::Hours(8));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)));
  EXPECT_EQ(Standing()->failure_count, 2);
  EXPECT_EQ(Standing()->previous_ban_count, 1);
  Wait(absl::Hours(16));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(1, absl::Hours(32)));
  EXPECT_EQ(Standing()->failure_count, 1);
}

TEST_F(DecisionLoopTest, ItsHistorySurvivesARestart) {
  Replace(EscalatingJails(false));
  FailUntilBanned();
  Wait(absl::Hours(8));
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  Restart();
  Replace(EscalatingJails(false));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(1, absl::Hours(16)))
      << "the one failure before counts as two again";
}

TEST_F(DecisionLoopTest, AStandingBanIsNotHeldAgainstItself) {
  Replace(EscalatingJails(false));
  FailUntilBanned();
  clock_.Advance(absl::Minutes(1));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  EXPECT_EQ(Standing()->expire_time,
            clock_.TimeNow() + absl::Hours(8) - absl::Minutes(1))
      << "two are two still";
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  EXPECT_EQ(Standing()->expire_time, clock_.TimeNow() + absl::Hours(8));
}

TEST_F(DecisionLoopTest, JailsMayShareTheirHistory) {
  Replace(EscalatingJails(false));
  FailUntilBanned();
  EXPECT_EQ(FailUntilBanned("other"), std::make_pair(3, absl::Hours(8)));
  Wait(absl::Hours(8));
  Replace(EscalatingJails(true));
  EXPECT_EQ(FailUntilBanned("other"), std::make_pair(1, absl::Hours(32)))
      << "banned twice before";
}

TEST_F(DecisionLoopTest, WhatIsLongAgoIsForgotten) {
  Replace(EscalatingJails(false));
  FailUntilBanned();
  Wait(absl::Hours(3 * 8 + 100));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)));
  Wait(absl::Hours(3 * 16 + 101));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(3, absl::Hours(8)));
}

TEST_F(DecisionLoopTest, ATurnServesManyWithOneCommit) {
  int answers = 0;
  const int commits = store_->commits_;
  for (int i = 0; i < 100; ++i) {
    loop_->ReportFailures(
        ReportOf("mx" + std::to_string(i), {"jail",
                                            "log",
                                            {{IpNetwork::ParseOrDie(kAttacker),
                                              clock_.TimeNow(), 100, ""}}}),
        [&](absl::StatusOr<uint64_t> offset) {
          answers += offset.ok() ? 1 : 0;
        });
  }
  loop_->RunTurn();
  EXPECT_EQ(answers, 100);
  EXPECT_EQ(store_->commits_, commits + 1);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, AnIdleTurnWritesNothing) {
  loop_->RunTurn();
  const int commits = store_->commits_;
  loop_->RunTurn();
  EXPECT_EQ(store_->commits_, commits);
}

TEST_F(DecisionLoopTest, AStopDecidesWhatIsQueued) {
  constexpr int kReports = 1'000;  // More than a turn takes.
  int recorded = 0;
  for (int i = 1; i <= kReports; ++i) {
    loop_->ReportFailures(
        ReportOf("mx" + std::to_string(i), {"jail",
                                            "log",
                                            {{IpNetwork::ParseOrDie(kAttacker),
                                              clock_.TimeNow(), 100, ""}}}),
        [&](const absl::StatusOr<uint64_t>& offset) {
          recorded += offset.ok() ? 1 : 0;
        });
  }
  loop_->Start();
  loop_->Stop();
  EXPECT_EQ(recorded, kReports);
  EXPECT_EQ(store_->Load()->progress.size(), kReports);
}

TEST_F(DecisionLoopTest, WhoeverComesWhileItStopsIsAnsweredOnce) {
  constexpr int kThreads = 4;
  constexpr int kReports = 500;
  std::atomic<int> recorded = 0, refused = 0;
  loop_->Start();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, server = "mx" + std::to_string(thread)] {
      for (uint64_t i = 1; i <= kReports; ++i) {
        loop_->ReportFailures(
            ReportOf(server, {"jail",
                              "log",
                              {{IpNetwork::ParseOrDie("203.0.113.31"),
                                clock_.TimeNow(), i, ""}}}),
            [&](const absl::StatusOr<uint64_t>& offset) {
              if (offset.ok()) ++recorded;
              if (absl::IsUnavailable(offset.status())) ++refused;
            });
      }
    });
  }
  loop_->Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorded + refused, kThreads * kReports);
  uint64_t stored = 0;
  const StoreContents contents = *store_->Load();
  for (const LogProgress& log : contents.progress) stored += log.offset;
  EXPECT_EQ(stored, recorded) << "no more is recorded than was answered";
}

TEST_F(DecisionLoopTest, AStoppedLoopRefuses) {
  loop_->Start();
  loop_->Stop();
  std::optional<absl::Status> answer;
  loop_->ReportFailures(
      ReportOf("mx1", {"jail", "log", {}}),
      [&](absl::StatusOr<uint64_t> offset) { answer = offset.status(); });
  EXPECT_EQ(answer->code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mxban
