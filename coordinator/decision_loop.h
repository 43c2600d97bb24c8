#ifndef MXBAN_COORDINATOR_DECISION_LOOP_H_
#define MXBAN_COORDINATOR_DECISION_LOOP_H_

// The one thread that changes anything: counts failures, imposes, holds,
// extends, pardons and expires bans, puts jails into force.
//
// Work queues up while a turn is being made durable; the next turn takes all
// that waits. So batches form by themselves, one sync to disk serves many
// agents, and nothing waits for a timer. A turn is: decide, commit to the
// store, publish in the table, answer those who asked. If the commit fails
// nothing of the turn has happened: they are told UNAVAILABLE, and what was
// counted is counted again from the store.
//
// Callbacks run on the loop's thread and must not block.
//
// Thread-safe, but for Load() and RunTurn().

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/ban.h"
#include "common/ban_policy.h"
#include "common/clock.h"
#include "coordinator/audit_record.h"
#include "coordinator/ban_store.h"
#include "coordinator/ban_table.h"
#include "coordinator/decision_statistics.h"
#include "coordinator/failure_intake.h"
#include "coordinator/failure_report.h"
#include "coordinator/fleet_counter.h"
#include "coordinator/held_bans.h"
#include "coordinator/operator_rails.h"
#include "coordinator/pardons.h"
#include "coordinator/rail_records.h"
#include "coordinator/rails.h"
#include "coordinator/recent_failures.h"
#include "coordinator/right_logins.h"
#include "coordinator/turn.h"

namespace mxban {

// What an operator wants undone.
struct UndoSelection {
  absl::Time since;
  std::string jail;  // Empty: all.

  bool Matches(const Ban& ban) const {
    return ban.create_time >= since && ban.origin != BanOrigin::kOperator &&
           (jail.empty() || ban.key.jail == jail);
  }
};

class DecisionLoop {
 public:
  // How far the log is recorded now.
  using ReportDone = std::function<void(absl::StatusOr<uint64_t> end_offset)>;
  using ImposeDone = std::function<void(absl::StatusOr<Ban>)>;
  using PardonDone = std::function<void(absl::StatusOr<std::vector<Ban>>)>;

  // How many sources it concerned.
  using CountDone = std::function<void(absl::StatusOr<uint64_t>)>;

  // What is allowed now, and the bans that ended by it.
  struct Allowed {
    AllowedSource allowed;
    std::vector<Ban> ended;
  };
  using AllowDone = std::function<void(absl::StatusOr<Allowed>)>;
  using DisallowDone = std::function<void(absl::StatusOr<AllowedSource>)>;
  using Done = std::function<void(absl::Status)>;

  // What became of bans that a server has imposed by itself.
  struct HandedOver {
    // Whoever holds this revision holds what became of them.
    uint64_t revision = 0;
    std::vector<BanKey> refused;  // Do not stand; as the server named them.
  };
  using HandOverDone = std::function<void(absl::StatusOr<HandedOver>)>;

  // All must outlive the loop. At most `max_sources` are tracked in each jail.
  DecisionLoop(BanStore& store, BanTable& table, const Clock& clock,
               size_t max_sources);
  ~DecisionLoop();

  // Takes over what `store` holds, with `jails` configured, as of a new
  // revision. First of all calls. Returns the history id. INVALID_ARGUMENT if
  // with the allow list they are too large, as in ReplaceJails().
  absl::StatusOr<std::string> Load(std::shared_ptr<const JailSet> jails);

  // Has `told` called on the loop's thread whenever the audit log has got
  // longer. Before Start().
  void SetAuditCallback(std::function<void()> told) {
    audit_told_ = std::move(told);
  }

  // Starts the thread; without it, RunTurn() is the caller's to call.
  void Start();

  // Decides what is queued, refuses what comes later, ends the thread.
  void Stop();

  // Takes in `report`, which must not change until `done` is called.
  void ReportFailures(std::shared_ptr<FailureReport> report, ReportDone done);
  void ImposeBan(BanRequest request, ImposeDone done);

  // Pardons the bans on `source` and around it, in `jail` or everywhere, as
  // the operator `who` wants.
  void PardonBans(IpNetwork source, std::string jail, std::string who,
                  PardonDone done);

  // Puts `jails` in force; the audit log says that `who` did, and why.
  void ReplaceJails(std::shared_ptr<const JailSet> jails, std::string who,
                    std::string reason, Done done);

  // Has the audit log say what changes nothing else: `record`, of now.
  void Record(AuditRecord record);

  // What stands between two turns. Whoever sees it must change nothing and
  // keep no reference.
  struct View {
    BanStore& store;
    const BanTable& table;
    const JailSet& jails;
    const Pardons& pardons;
    const HeldBans& held;
    const RailState& rails;
    const RightLogins& right_logins;
    absl::Time now;
  };
  using Look = std::function<void(const absl::StatusOr<View>&)>;

  // Has `look` called on the loop's thread once what is queued is decided.
  // UNAVAILABLE if there is no such moment any more.
  void Inspect(Look look);

  // Makes `bans`, which `server` has imposed while it was alone, the fleet's.
  void HandOverBans(std::string server, std::vector<Ban> bans,
                    HandOverDone done);

  // Imposes or forgets what a rail holds, as `who` wants it. NOT_FOUND if
  // nothing of that kind is held.
  void ReleaseHeldBans(HeldSelection selection, std::string who,
                       CountDone done);
  void DropHeldBans(HeldSelection selection, std::string who, CountDone done);

  // Pardons what was banned since some time, but not by operators.
  void UndoBans(UndoSelection selection, std::string who, CountDone done);

  // Never bans what `request` comes to, and pardons the bans that touch it.
  // RESOURCE_EXHAUSTED if the list is full, or agents could not be told.
  void AllowSource(AllowRequest request, AllowDone done);

  // NOT_FOUND if it is not allowed.
  void DisallowSource(std::string source, std::string who, DisallowDone done);

  // What sources of the allow list have come to by now. Those that are on it no
  // longer are passed over.
  void RefreshAllowed(OperatorRails::Networks networks, Done done);

  // Stops enforcement, or goes on. The start of the pause is the loop's to set.
  void PauseEnforcement(const Pause& pause, Done done);
  void ResumeEnforcement(std::string who, Done done);

  // What operators have set.
  std::shared_ptr<const RailState> rails() const {
    return operator_rails_.shown();
  }

  const HeldBans& held_bans() const { return held_; }
  const RecentFailures& recent_failures() const { return recent_failures_; }
  DecisionStatistics statistics() const;

  // Makes one turn with what is queued and what has expired.
  void RunTurn();

 private:
  using Task = std::function<void(Turn&)>;

  void Enqueue(Task task, std::function<void(absl::Status)> refuse);

  // Queues `task`, one of those below, with what is `given`; `done` is told
  // what came of it, or why it is refused.
  template <typename Method, typename Done, typename... Given>
  void EnqueueTask(Method task, const Done& done, Given... given) {
    Enqueue([this, task, done, ... given = std::move(given)](
                Turn& turn) { (this->*task)(turn, given..., done); },
            done);
  }

  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The tasks. Each adds to the turn what it changes and whom to answer.
  void Report(Turn& turn, std::shared_ptr<FailureReport> report,
              ReportDone done);
  void Impose(Turn& turn, const BanRequest& request, const ImposeDone& done);
  void Pardon(Turn& turn, const IpNetwork& source, const std::string& jail,
              const std::string& who, const PardonDone& done);
  void Replace(Turn& turn, std::shared_ptr<const JailSet> jails,
               const std::string& who, const std::string& reason,
               const Done& done);
  void HandOver(Turn& turn, const std::string& server,
                const std::vector<Ban>& bans, HandOverDone done);

  void Release(Turn& turn, const HeldSelection& selection,
               const std::string& who, const CountDone& done);
  void Drop(Turn& turn, const HeldSelection& selection, const std::string& who,
            const CountDone& done);

  void Undo(Turn& turn, const UndoSelection& selection, const std::string& who,
            const CountDone& done);
  void Allow(Turn& turn, const AllowRequest& request, const AllowDone& done);
  void Disallow(Turn& turn, const std::string& source, const std::string& who,
                const DisallowDone& done);
  void Refresh(Turn& turn, const OperatorRails::Networks& networks,
               const Done& done);
  void SetPause(Turn& turn, std::optional<Pause> pause, const std::string& who,
                const Done& done);

  // Ends a ban, or what is held, and forgets what led to it.
  void PardonStanding(Turn& turn, const Ban& ban);
  void PardonHeld(Turn& turn, const BanKey& key);
  // Pardons what stands or is held and touches `allowed`. Returns what stood.
  std::vector<Ban> Spare(Turn& turn, const AllowedSource& allowed,
                         const std::string& who);

  // Whether `local`, a ban by `server` alone, stands from now on.
  bool TakeOver(Turn& turn, const std::string& server, const Ban& local);
  // Takes in what counts of `report`, in the order of lines.
  void Count(Turn& turn, const Jail& jail, const FailureReport& report);
  void LookForSources(const Jail& jail, const FailureReport& report,
                      size_t first);
  // Whether `failure` of `key` counts, and is not forgiven.
  bool CountOne(Turn& turn, const Jail& jail, const BanKey& key,
                const FailureView& failure);
  void Forgive(Turn& turn, const Jail& jail, const RightLogin& login);
  // Adds `decided`, which no operator asked for but `who`, to the turn:
  // imposed, or held by a rail of `jail`. Whether it is imposed.
  absl::StatusOr<bool> ImposeOrHold(Turn& turn, const Jail& jail, Ban decided,
                                    absl::string_view who);
  // Adds `decided` by `who` to the turn, as a new ban or an extension. Returns
  // what stands then.
  absl::StatusOr<Ban> Settle(Turn& turn, Ban decided, absl::string_view who);
  // The same for one whose history is filled in.
  Ban Stand(Turn& turn, Ban decided, absl::string_view who);
  void ForgetFailures(Turn& turn, const BanKey& key);
  void Prune(Turn& turn);
  absl::Status Commit(Turn& turn);
  void Publish(const Turn& turn);
  void UpdateStatistics(const Turn& turn, bool was_committed);

  // Takes counts and positions from the store.
  absl::Status Recount(Turn& turn);
  absl::Status CountAgain(Turn& turn, const StoreContents& contents);

  BanStore& store_;
  BanTable& table_;
  const Clock& clock_;

  std::function<void()> audit_told_ = [] {};

  // Owned by the thread that makes turns.
  OperatorRails operator_rails_;
  Pardons pardons_;
  FailureIntake intake_{pardons_};
  FleetCounter counter_;
  RightLogins right_logins_;
  Rails rails_{right_logins_};
  HeldBans held_;  // Read by all, as is the next one.
  RecentFailures recent_failures_;
  absl::BitGen random_;
  absl::Time next_stale_ = absl::InfinitePast(), next_prune_ = next_stale_;
  bool has_failed_ = false;    // The newest turn.
  bool must_recount_ = false;  // Counts are not those of the store.

  mutable absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  DecisionStatistics statistics_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_DECISION_LOOP_H_
