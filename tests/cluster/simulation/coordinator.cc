#include "tests/cluster/simulation/coordinator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/sqlite_ban_store.h"
#include "tests/coordinator/failures.h"
#include "tests/fakes/passing_store.h"

namespace mxban::simulation {
namespace {

// The most that is kept in memory; no schedule has so many sources.
constexpr size_t kMaxSources = 1000;

// How long it takes until the loop's thread comes to what is queued: batches
// gather for one turn meanwhile.
constexpr absl::Duration kLongestDelay = absl::Milliseconds(20);

// The real loop tries every second; that many turns would teach nothing.
constexpr absl::Duration kRetryInterval = absl::Minutes(1);

}  // namespace

// The real store, on a disk that may be full.
class SimulatedCoordinator::Store final : public PassingStore {
 public:
  Store(const bool& is_full, std::unique_ptr<BanStore> store)
      : PassingStore(std::move(store)), is_full_(is_full) {}

  absl::Status Commit(const StoreChange& change) override {
    if (is_full_) return absl::UnavailableError("disk is full");
    return PassingStore::Commit(change);
  }

 private:
  const bool& is_full_;
};

SimulatedCoordinator::Running::~Running() {
  feed.reset();
  if (registry != nullptr) table.RemoveListener(registry.get());
}

SimulatedCoordinator::SimulatedCoordinator(Agenda& agenda, Random& random,
                                           Truth& truth, std::string directory)
    : agenda_(agenda),
      random_(random),
      truth_(truth),
      directory_(std::move(directory)) {}

void SimulatedCoordinator::Start(const JailSet& jails) {
  jails_ = jails;
  auto running = std::make_shared<Running>();
  auto store = SqliteBanStore::Open(absl::StrCat(directory_, "/bans.db"));
  if (!store.ok()) {
    return agenda_.Note(absl::StrCat("store: ", store.status().message()));
  }
  running->store = std::make_unique<Store>(is_disk_full_, *std::move(store));
  running->loop = std::make_unique<DecisionLoop>(
      *running->store, running->table, agenda_, kMaxSources);
  const absl::StatusOr<std::string> history_id =
      running->loop->Load(std::make_shared<JailSet>(jails));
  if (!history_id.ok()) return agenda_.Note("coordinator cannot start");
  running->registry =
      std::make_unique<AgentRegistry>(running->table.revision());
  running->table.AddListener(running->registry.get());
  running->feed = std::make_unique<BanFeed>(running->table, *history_id);
  running_ = std::move(running);
  agenda_.Note(
      absl::StrCat("coordinator is up, revision ", table().revision()));
  PlanExpiry();
}

void SimulatedCoordinator::Report(int server,
                                  std::shared_ptr<FailureReport> report,
                                  ReportDone done) {
  running_->loop->ReportFailures(
      report, [this, server, batch = BatchOf(*report),
               done = std::move(done)](const absl::StatusOr<uint64_t>& offset) {
        if (offset.ok()) truth_.Record(server, batch, agenda_.TimeNow());
        done(offset);
      });
  PlanTurn();
}

void SimulatedCoordinator::HandOver(int server, std::vector<Ban> bans,
                                    DecisionLoop::HandOverDone done) {
  running_->loop->HandOverBans(
      absl::StrCat("mx", server), bans,
      [this, bans, done = std::move(done)](
          const absl::StatusOr<DecisionLoop::HandedOver>& outcome) {
        if (outcome.ok()) {
          for (const Ban& ban : bans) truth_.TakeOver(ban, agenda_.TimeNow());
        }
        done(outcome);
      });
  PlanTurn();
}

void SimulatedCoordinator::Impose(const IpNetwork& source,
                                  absl::Duration duration) {
  running_->loop->ImposeBan(
      {.jail = kLogin, .source = source, .duration = duration},
      [this, source, duration](const absl::StatusOr<Ban>& ban) {
        if (ban.ok()) truth_.Impose(source, duration, agenda_.TimeNow());
      });
  PlanTurn();
}

void SimulatedCoordinator::Pardon(const IpNetwork& source) {
  running_->loop->PardonBans(
      source, "", "operator",
      [this](const absl::StatusOr<std::vector<Ban>>& bans) {
        if (!bans.ok()) return;
        for (const Ban& ban : *bans)
          truth_.Pardon(ban.key.source, agenda_.TimeNow());
      });
  PlanTurn();
}

void SimulatedCoordinator::Reload(const JailSet& jails, const Limits& limits) {
  running_->loop->ReplaceJails(
      std::make_shared<JailSet>(jails), "operator", "",
      [this, jails, limits](const absl::Status& status) {
        if (status.ok()) new_jails_ = {jails, limits};
      });
  PlanTurn();
}

StoreContents SimulatedCoordinator::Stored() {
  absl::StatusOr<StoreContents> contents = running_->store->Load();
  return contents.ok() ? *std::move(contents) : StoreContents();
}

void SimulatedCoordinator::PlanTurn() {
  if (std::exchange(running_->has_work, true)) return;
  agenda_.After(random_.Between(absl::Milliseconds(1), kLongestDelay), running_,
                [this] { RunTurn(); });
}

void SimulatedCoordinator::RunTurn() {
  running_->has_work = false;
  running_->loop->RunTurn();
  if (new_jails_.has_value()) {
    jails_ = new_jails_->first;
    truth_.SetLimits(new_jails_->second);
    new_jails_.reset();
  }
  agenda_.Note(absl::StrCat("turn, revision ", table().revision(), ", bans ",
                            table().size()));
  on_turn_();
  PlanExpiry();
}

void SimulatedCoordinator::PlanExpiry() {
  const absl::Time next = table().NextExpiry();
  if (next == running_->planned_expiry) return;
  running_->planned_expiry = next;
  if (next == absl::InfiniteFuture()) return;
  const absl::Duration wait =
      std::max(next - agenda_.TimeNow(),
               is_disk_full_ ? kRetryInterval : absl::ZeroDuration());
  agenda_.After(wait, running_, [this] {
    running_->planned_expiry = absl::InfiniteFuture();
    // Somebody may have seen to it, or it ends later now.
    if (table().NextExpiry() > agenda_.TimeNow()) return PlanExpiry();
    RunTurn();
  });
}

}  // namespace mxban::simulation
