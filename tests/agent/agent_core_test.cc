// The parts of an agent together, driven by hand: what is restored from disk.

#include "agent/agent_core.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/jail_convert.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"
#include "tests/support/test_directory.h"

namespace mxban {
namespace {

using testing::HasSubstr;

const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");

class AgentCoreTest : public testing::Test {
 protected:
  AgentCoreTest() { Start(); }

  // Ends the agent that runs without a word, and starts another.
  void Start() {
    core_.reset();
    auto core = AgentCore::Open({.state_dir = directory_ + "/state",
                                 .outbox_capacity = outbox_capacity_},
                                firewall_, clock_);
    ASSERT_TRUE(core.ok()) << core.status();
    core_ = *std::move(core);
  }

  void TellJails() {
    Jail jail;
    jail.name = "sendmail";
    jail.filter.fail_regexes = {"\\[<HOST>\\]: possible SMTP attack"};
    jail.log_paths = {log_};
    jail.enforcement = {"auth", {{25, 25}}};
    v1::WatchResponse update;
    *update.mutable_jails()->add_jails() = JailToProto(jail);
    ASSERT_TRUE(core_->OnUpdate(update).ok());
  }

  void TellBan() {
    v1::WatchResponse update;
    update.set_history_id("history");
    update.set_revision(7);
    update.mutable_snapshot()->set_first(true);
    update.mutable_snapshot()->set_last(true);
    v1::StandingBan& ban = *update.mutable_snapshot()->add_bans();
    ban.set_jail("sendmail");
    ban.set_source(kAttacker.ToString());
    ASSERT_TRUE(core_->OnUpdate(update).ok());
  }

  bool IsRefused() {
    const FirewallState state =
        *firewall_.Inspect(InspectDepth::kRulesAndBans, clock_.TimeNow());
    const auto found = state.find("auth");
    return found != state.end() && found->second.bans.contains(kAttacker);
  }

  // No two lines are alike.
  void Attack() {
    clock_.Advance(absl::Seconds(1));
    std::ofstream(log_, std::ios::app)
        << absl::FormatTime("%b %e %H:%M:%S", clock_.TimeNow(),
                            absl::LocalTimeZone())
        << " mx sm-mta[1195]: o0LNaCc5001195: [" << kAttacker.ToString()
        << "]: possible SMTP attack: command=AUTH, count=5\n";
  }

  // Reports all that waits, a batch at a time; returns how much it was.
  size_t ReportAll() {
    size_t count = 0;
    while (const auto batch = core_->outbox().Take(100)) {
      count += batch->failures.size();
      core_->outbox().Acknowledge(batch->jail, batch->log_id,
                                  batch->failures.back().end_offset);
      core_->reader().Poll();
    }
    return count;
  }

  size_t outbox_capacity_ = 100;
  const std::string directory_ = MakeTestDirectory();
  const std::string log_ = directory_ + "/mail.log";
  FakeClock clock_;
  FakeFirewall firewall_;
  std::unique_ptr<AgentCore> core_;
};

TEST_F(AgentCoreTest, KnowsNothingAtFirst) {
  EXPECT_EQ(core_->Subscription().history_id(), "");
  EXPECT_EQ(core_->Subscription().known_revision(), 0);
  EXPECT_EQ(core_->Subscription().firewall(), "fake");
  core_->enforcer().Step();
  EXPECT_EQ(firewall_.apply_calls(), 0) << "and touches nothing";
}

TEST_F(AgentCoreTest, EnforcesAfterARestartWhatItWasTold) {
  TellJails();
  TellBan();
  firewall_.FlushedByOperator();
  Start();
  EXPECT_EQ(core_->Subscription().history_id(), "history");
  EXPECT_EQ(core_->Subscription().known_revision(), 7);
  core_->enforcer().Step();
  EXPECT_TRUE(IsRefused());
}

TEST_F(AgentCoreTest, ReadsAgainWhatWasNotAcknowledged) {
  TellJails();
  TellBan();
  Attack();
  core_->reader().Poll();
  core_->Save();
  Start();
  core_->reader().Poll();
  const auto batch = core_->outbox().Take(100);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->failures.at(0).source, kAttacker);

  core_->outbox().Acknowledge(batch->jail, batch->log_id,
                              batch->failures.back().end_offset);
  core_->reader().Poll();
  core_->Save();
  Start();
  core_->reader().Poll();
  EXPECT_FALSE(core_->outbox().Take(100).has_value());
}

// They were forgotten after a second, and everything was read again.
TEST_F(AgentCoreTest, PositionsOutliveATimeWithoutJails) {
  TellJails();
  Attack();
  core_->reader().Poll();
  EXPECT_EQ(ReportAll(), 1);
  core_->reader().Poll();
  core_->Save();
  Start();  // There was no complete set of bans, so no jails are known.
  core_->reader().Poll();
  core_->reader().FindLogs();
  core_->reader().Poll();
  core_->Save();
  TellJails();
  core_->reader().Poll();
  EXPECT_EQ(ReportAll(), 0);
}

// What it passed over was lost when the log had been rotated since.
TEST_F(AgentCoreTest, WhatAnAgentAlonePassedOverIsReadAgainAfterARotation) {
  outbox_capacity_ = 1;
  Start();
  TellJails();
  TellBan();
  core_->SetAlone(true);
  for (int i = 0; i < 3; ++i) Attack();
  core_->reader().Poll();
  std::filesystem::rename(log_, log_ + ".1");
  Attack();
  core_->reader().Poll();
  core_->SetAlone(false);
  EXPECT_EQ(ReportAll(), 4);
}

TEST_F(AgentCoreTest, WhatIsNotUnderstoodIsNotKept) {
  TellJails();
  v1::WatchResponse nonsense;
  nonsense.set_revision(8);
  nonsense.mutable_delta()->add_imposed()->set_source("nobody");
  EXPECT_EQ(core_->OnUpdate(nonsense).code(),
            absl::StatusCode::kInvalidArgument);
  Start();
  EXPECT_EQ(core_->Subscription().known_revision(), 0);
}

TEST_F(AgentCoreTest, TheCheckpointStaysWhileReportsWait) {
  TellJails();
  core_->reader().Poll();
  core_->Save();
  Attack();
  core_->reader().Poll();
  core_->Save();
  clock_.Advance(absl::Minutes(1));
  const absl::Time begin = core_->checkpoint_time();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Minutes(1));
    core_->Save();
  }
  EXPECT_LE(core_->checkpoint_time(), begin + absl::Minutes(1));

  EXPECT_EQ(ReportAll(), 1);
  for (int i = 0; i < 2; ++i) core_->Save();
  EXPECT_EQ(core_->checkpoint_time(), clock_.TimeNow());
}

TEST_F(AgentCoreTest, AStateDirectoryThatCannotBeIsNamed) {
  const auto core =
      AgentCore::Open({.state_dir = "/dev/null/state"}, firewall_, clock_);
  EXPECT_EQ(core.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(core.status().message()),
              HasSubstr("--state_dir: cannot create /dev/null/state"));
}

}  // namespace
}  // namespace mxban
