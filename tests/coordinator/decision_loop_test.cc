// On a real store; a wrapper makes commits fail.

#include "coordinator/decision_loop.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

const char kAttacker[] = "203.0.113.30";

// A store on a disk that can be full.
class FullableStore final : public BanStore {
 public:
  explicit FullableStore(std::unique_ptr<BanStore> store)
      : store_(std::move(store)) {}
  absl::StatusOr<StoreContents> Load() override { return store_->Load(); }
  absl::Status Commit(const StoreChange& change) override {
    ++commits_;
    if (is_full_) return absl::UnavailableError("disk full");
    return store_->Commit(change);
  }
  absl::StatusOr<std::vector<StoredFailure>> FailuresOf(const BanKey& key,
                                                        size_t limit) override {
    return store_->FailuresOf(key, limit);
  }
  absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) override {
    if (!counts_error_.ok()) return counts_error_;
    return store_->BanCountsOf(key);
  }

  absl::Status counts_error_;
  bool is_full_ = false;
  int commits_ = 0;

 private:
  std::unique_ptr<BanStore> store_;
};

class DecisionLoopTest : public testing::Test {
 protected:
  DecisionLoopTest()
      : path_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".db") {
    std::filesystem::remove(path_);
    Restart();
  }

  static std::shared_ptr<const JailSet> Jails(uint32_t max_retry) {
    Jail jail;
    jail.name = "jail";
    jail.max_retry = max_retry;
    jail.find_time = absl::Minutes(10);
    jail.ban_time = absl::Hours(8);
    jail.ignored_networks = {IpNetwork::ParseOrDie("192.0.2.0/24")};
    return std::make_shared<JailSet>(JailSet{{"jail", jail}});
  }

  // The same, and what a source did in one of them is held against it.
  static std::shared_ptr<const JailSet> EscalatingJails(bool over_all_jails) {
    Jail jail = Jails(3)->at("jail");
    jail.escalation.emplace().over_all_jails = over_all_jails;
    jail.ban_memory = absl::Hours(100);
    Jail other = jail;
    other.name = "other";
    return std::make_shared<JailSet>(JailSet{{"jail", jail}, {"other", other}});
  }

  void Replace(std::shared_ptr<const JailSet> jails) {
    absl::Status answer = absl::InternalError("no answer");
    loop_->ReplaceJails(std::move(jails),
                        [&](absl::Status status) { answer = status; });
    loop_->RunTurn();
    ASSERT_TRUE(answer.ok()) << answer;
  }

  // Fails in `jail` until banned; says how often, and how long the ban lasts.
  std::pair<int, absl::Duration> FailUntilBanned(const char* jail = "jail") {
    const BanKey key = {jail, IpNetwork::ParseOrDie(kAttacker)};
    int failures = 0;
    while (!table_->Find(key).has_value() && failures < 10) {
      loop_->ReportFailures(
          "mx1",
          {jail, "log", {{key.source, clock_.TimeNow(), ++next_offset_, ""}}},
          [](const absl::StatusOr<uint64_t>&) {});
      loop_->RunTurn();
      ++failures;
    }
    return {failures, table_->Find(key)->expire_time - clock_.TimeNow()};
  }

  // Lets every ban end.
  void Wait(absl::Duration duration) {
    clock_.Advance(duration);
    loop_->RunTurn();
  }

  // As after kill -9 and a new start.
  void Restart() {
    loop_.reset();
    table_ = std::make_unique<BanTable>();
    store_.reset();
    store_ = std::make_unique<FullableStore>(*SqliteBanStore::Open(path_));
    loop_ = std::make_unique<DecisionLoop>(*store_, *table_, clock_, 1000);
    ASSERT_TRUE(loop_->Load(Jails(3)).ok());
  }

  absl::StatusOr<uint64_t> Report(const char* server, uint64_t end_offset,
                                  const char* source = kAttacker) {
    std::optional<absl::StatusOr<uint64_t>> answer;
    loop_->ReportFailures(
        server,
        {"jail",
         "log",
         {{IpNetwork::ParseOrDie(source), clock_.TimeNow(), end_offset,
           std::string(server) + " saw it"}}},
        [&](absl::StatusOr<uint64_t> offset) { answer = std::move(offset); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::StatusOr<Ban> Impose(const char* source) {
    BanRequest request;
    request.jail = "jail";
    request.source = IpNetwork::ParseOrDie(source);
    std::optional<absl::StatusOr<Ban>> answer;
    loop_->ImposeBan(request,
                     [&](absl::StatusOr<Ban> ban) { answer = std::move(ban); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::Status Pardon(const char* source) {
    std::optional<absl::Status> answer;
    loop_->PardonBans(
        IpNetwork::ParseOrDie(source), "",
        [&](absl::StatusOr<std::vector<Ban>> bans) { answer = bans.status(); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  // A ban that began an hour ago and would go on for another seven.
  Ban LocalBan(const char* source = kAttacker) const {
    Ban ban;
    ban.key = {"jail", IpNetwork::ParseOrDie(source)};
    ban.create_time = clock_.TimeNow() - absl::Hours(1);
    ban.expire_time = clock_.TimeNow() + absl::Hours(7);
    ban.reason = "3 failures within 10m";
    ban.failure_count = 3;
    ban.evidence = {"seen"};
    return ban;
  }

  absl::StatusOr<DecisionLoop::HandedOver> HandOver(std::vector<Ban> bans) {
    std::optional<absl::StatusOr<DecisionLoop::HandedOver>> answer;
    loop_->HandOverBans("mx1", std::move(bans),
                        [&](auto outcome) { answer = std::move(outcome); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  std::optional<Ban> Standing(const char* source = kAttacker) const {
    return table_->Find({"jail", IpNetwork::ParseOrDie(source)});
  }

  const std::string path_;
  FakeClock clock_;
  uint64_t next_offset_ = 0;
  std::unique_ptr<FullableStore> store_;
  std::unique_ptr<BanTable> table_;
  std::unique_ptr<DecisionLoop> loop_;
};

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
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_EQ(Standing()->previous_ban_count, 0);
  Wait(absl::Hours(8));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)))
      << "the ban after the pardon is remembered";
}

TEST_F(DecisionLoopTest, ALocalBanBecomesTheFleets) {
  const uint64_t before = table_->revision();
  const auto outcome = HandOver({LocalBan()});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->refused.empty());
  EXPECT_EQ(outcome->revision, before + 1);
  EXPECT_EQ(table_->revision(), before + 1);
  Restart();
  const std::optional<Ban> ban = Standing();
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->origin, BanOrigin::kLocal);
  EXPECT_EQ(ban->create_time, LocalBan().create_time);
  EXPECT_EQ(ban->expire_time, LocalBan().expire_time);
  EXPECT_EQ(ban->servers, std::vector<std::string>{"mx1"});
  EXPECT_EQ(ban->evidence, LocalBan().evidence);
  EXPECT_EQ(ban->failure_count, 3);
  EXPECT_EQ(ban->revision, before + 1);
}

TEST_F(DecisionLoopTest, WhatMayNotStandIsNotTakenOver) {
  Ban gone = LocalBan();
  gone.key.jail = "gone";
  Ban over = LocalBan("203.0.113.31");
  over.expire_time = clock_.TimeNow();
  const Ban ignored = LocalBan("192.0.2.7");
  const Ban wide = LocalBan("203.0.0.0/16");
  const auto outcome = HandOver({gone, LocalBan(), over, ignored, wide});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->refused,
            (std::vector<BanKey>{gone.key, over.key, ignored.key, wide.key}));
  EXPECT_EQ(table_->size(), 1);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, ALocalBanHandedOverAgainChangesNothing) {
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  const Ban ban = *Standing();
  const auto again = HandOver({LocalBan()});
  EXPECT_TRUE(again->refused.empty());
  EXPECT_EQ(again->revision, ban.revision);
  EXPECT_EQ(table_->revision(), ban.revision);
  EXPECT_EQ(Standing()->failure_count, 3);
}

TEST_F(DecisionLoopTest, ALocalBanExtendsOneThatStandsNeverShortens) {
  Ban local = LocalBan();
  ASSERT_TRUE(Impose(kAttacker).ok());
  const absl::Time end = Standing()->expire_time;
  ASSERT_TRUE(HandOver({local}).ok());
  EXPECT_EQ(Standing()->expire_time, end);
  clock_.Advance(absl::Hours(2));
  local.expire_time = absl::InfiniteFuture();
  ASSERT_TRUE(HandOver({local}).ok());
  EXPECT_EQ(Standing()->expire_time, clock_.TimeNow() + absl::Hours(8));
  EXPECT_EQ(Standing()->origin, BanOrigin::kOperator);
}

TEST_F(DecisionLoopTest, ALocalBanIsHeldAgainstItsSourceOnce) {
  Replace(EscalatingJails(false));
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  Wait(absl::Hours(7));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)));
  EXPECT_EQ(Standing()->previous_ban_count, 1);
}

TEST_F(DecisionLoopTest, ALocalBanEndsWhatWasCounted) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  ASSERT_TRUE(Report("mx1", 200).ok());
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  EXPECT_TRUE(store_->Load()->failures.empty());
  ASSERT_TRUE(Report("mx1", 300).ok());
  EXPECT_EQ(Standing()->expire_time, LocalBan().expire_time)
      << "two and one are not three";
}

TEST_F(DecisionLoopTest, EveryoneInATurnIsToldItsRevision) {
  const uint64_t before = table_->revision();
  std::vector<uint64_t> revisions;
  const auto told = [&](const absl::StatusOr<DecisionLoop::HandedOver>& done) {
    revisions.push_back(done.ok() ? done->revision : 0);
  };
  loop_->HandOverBans("mx1", {LocalBan()}, told);
  loop_->HandOverBans("mx2", {}, told);
  loop_->ImposeBan({"jail", IpNetwork::ParseOrDie("203.0.113.31")},
                   [](const absl::StatusOr<Ban>&) {});
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  loop_->HandOverBans("mx2", {LocalBan("203.0.113.32")}, told);
  loop_->RunTurn();
  EXPECT_EQ(revisions, std::vector<uint64_t>(3, before + 1));
  EXPECT_EQ(table_->revision(), before + 1);
  EXPECT_FALSE(Standing().has_value()) << "pardoned in the same turn";
  EXPECT_EQ(table_->size(), 2);
}

TEST_F(DecisionLoopTest, AHandOverThatIsNotDurableHasNotHappened) {
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(HandOver({LocalBan()}).status()));
  EXPECT_FALSE(Standing().has_value());
  store_->is_full_ = false;
  EXPECT_TRUE(HandOver({LocalBan()}).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(DecisionLoopTest, APardonBeatsABanFromBeforeIt) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const Ban before = LocalBan();
  ASSERT_TRUE(Pardon(kAttacker).ok());
  EXPECT_EQ(HandOver({before})->refused, std::vector<BanKey>{before.key});
  Restart();
  EXPECT_EQ(HandOver({before})->refused, std::vector<BanKey>{before.key});
  Ban after = LocalBan();
  after.create_time = clock_.TimeNow();
  EXPECT_TRUE(HandOver({after})->refused.empty());
}

TEST_F(DecisionLoopTest, APardonBeatsABanOfTheSameTurn) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  EXPECT_EQ(HandOver({LocalBan()})->refused.size(), 1);
  EXPECT_FALSE(Standing().has_value());
}

TEST_F(DecisionLoopTest, APardonBeatsFailuresThatAreToldLater) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const absl::Time before = clock_.TimeNow();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Pardon(kAttacker).ok());
  Restart();
  FailureBatch late = {"jail", "log", {}};
  for (uint64_t offset = 1; offset < 10; ++offset) {
    late.failures.push_back(
        {IpNetwork::ParseOrDie(kAttacker), before, offset, ""});
  }
  loop_->ReportFailures("mx9", late, [](const absl::StatusOr<uint64_t>&) {});
  loop_->RunTurn();
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(loop_->statistics().intake.pardoned, 9);
}

TEST_F(DecisionLoopTest, APardonThatIsNotDurableForgivesNothing) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  clock_.Advance(absl::Minutes(1));
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Pardon(kAttacker)));
  store_->is_full_ = false;
  EXPECT_TRUE(HandOver({LocalBan()})->refused.empty());
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

TEST_F(DecisionLoopTest, PardonsAreForgottenAfterAWeek) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  Wait(absl::Hours(7 * 24));
  EXPECT_EQ(store_->Load()->pardons.size(), 1);
  Wait(absl::Minutes(1));
  EXPECT_TRUE(store_->Load()->pardons.empty());
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
  loop_->ReplaceJails(Jails(2), [&](absl::Status status) { answer = status; });
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
        "mx" + std::to_string(i),
        {"jail",
         "log",
         {{IpNetwork::ParseOrDie(kAttacker), clock_.TimeNow(), 100, ""}}},
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

TEST_F(DecisionLoopTest, AStoppedLoopRefuses) {
  loop_->Start();
  loop_->Stop();
  std::optional<absl::Status> answer;
  loop_->ReportFailures(
      "mx1", {"jail", "log", {}},
      [&](absl::StatusOr<uint64_t> offset) { answer = offset.status(); });
  EXPECT_EQ(answer->code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mxban
