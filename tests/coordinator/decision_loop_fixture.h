#ifndef MXBAN_TESTS_COORDINATOR_DECISION_LOOP_FIXTURE_H_
#define MXBAN_TESTS_COORDINATOR_DECISION_LOOP_FIXTURE_H_

// A decision loop on a real store; a wrapper makes commits fail. Turns are made
// by hand.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/decision_loop.h"
#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/passing_store.h"

namespace mxban {

inline constexpr char kAttacker[] = "203.0.113.30";

// A store on a disk that can be full.
class FullableStore final : public PassingStore {
 public:
  using PassingStore::PassingStore;

  absl::StatusOr<StoreContents> Load() override {
    ++loads_;
    return PassingStore::Load();
  }
  absl::Status Commit(const StoreChange& change) override {
    ++commits_;
    if (is_full_) return absl::UnavailableError("disk full");
    audit_.insert(audit_.end(), change.audit.begin(), change.audit.end());
    return PassingStore::Commit(change);
  }
  absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) override {
    if (!counts_error_.ok()) return counts_error_;
    return PassingStore::BanCountsOf(key);
  }

  absl::Status counts_error_;
  bool is_full_ = false;
  int commits_ = 0;
  int loads_ = 0;
  std::vector<AuditRecord> audit_;  // All that was committed.
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
    loop_->ReplaceJails(std::move(jails), "operator", "",
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
          ReportOf("mx1",
                   {jail,
                    "log",
                    {{key.source, clock_.TimeNow(), ++next_offset_, ""}}}),
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
        ReportOf(server, {"jail",
                          "log",
                          {{IpNetwork::ParseOrDie(source), clock_.TimeNow(),
                            end_offset, std::string(server) + " saw it"}}}),
        [&](absl::StatusOr<uint64_t> offset) { answer = std::move(offset); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::StatusOr<Ban> Impose(const char* source) {
    BanRequest request;
    request.jail = "jail";
    request.source = IpNetwork::ParseOrDie(source);
    request.who = "operator";
    std::optional<absl::StatusOr<Ban>> answer;
    loop_->ImposeBan(request,
                     [&](absl::StatusOr<Ban> ban) { answer = std::move(ban); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::Status Pardon(const char* source) {
    std::optional<absl::Status> answer;
    loop_->PardonBans(
        IpNetwork::ParseOrDie(source), "", "operator",
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

  // The audit log, oldest first: `WHO ACTION JAIL SOURCE: REASON`.
  std::vector<std::string> AuditLog() {
    std::vector<std::string> log;
    const auto records = store_->AuditAfter(0, 1000);
    for (const AuditRecord& record : *records) {
      log.push_back(absl::StrCat(record.who, " ", record.action, " ",
                                 record.jail, " ", record.source, ": ",
                                 record.reason));
    }
    return log;
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

}  // namespace mxban

#endif  // MXBAN_TESTS_COORDINATOR_DECISION_LOOP_FIXTURE_H_
