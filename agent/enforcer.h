#ifndef MXBAN_AGENT_ENFORCER_H_
#define MXBAN_AGENT_ENFORCER_H_

// Makes the kernel refuse what the coordinator has banned, and keeps it so.
//
// Updates change what is wanted, at once and under a lock; a thread of its own
// hands the difference to the firewall. While the firewall works, further
// updates gather, so batches form by themselves and nothing queues without
// bound: what is kept is the ban set and which parts of it are new. A few bans,
// which is what mostly comes, are enforced by whoever brings them, if nobody is
// at it: that spares a ban the way through another thread.
//
// Once a second the kernel's rules are compared with what they should be; once
// an hour, and after any error, damage or news of it, everything is:
// reconciled, not replayed. Until the first complete set has arrived the kernel
// is left as it is, so a restart leaves no moment without protection.
//
// Thread-safe, but for Step().

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/firewall/firewall.h"
#include "agent/wanted_firewall.h"
#include "common/ban.h"
#include "common/clock.h"
#include "common/jail.h"

namespace mxban {

class Enforcer {
 public:
  // What the coordinator must be told: the kernel enforces `revision`; `status`
  // says why not more, in the terms of Firewall::Apply().
  struct Report {
    std::string history_id;
    uint64_t revision = 0;  // Of that history; 0: nothing yet.
    absl::Status status;
    std::string firewall;  // Firewall::name()
  };
  using ReportCallback = std::function<void(const Report&)>;

  struct Statistics {
    uint64_t enforced_revision = 0;
    uint64_t wanted_revision = 0;
    size_t bans = 0;       // Wanted, not spared, and of no dry run.
    uint64_t repairs = 0;  // Times the kernel had been changed behind us.
    uint64_t spared = 0;   // Bans on what is never banned here.
    uint64_t steps = 0;    // Calls of Step() so far.
    std::string error;     // Empty when nothing is wrong.
  };

  // The parts of an update, as AgentService.Watch describes them.
  struct Snapshot {
    std::vector<StandingBan> bans;
    bool first = false;
    bool last = false;
  };
  struct Delta {
    std::vector<StandingBan> imposed;
    std::vector<BanKey> lifted;
  };

  // What the coordinator says wins over everything but `never_ban`. The
  // firewall and the clock must outlive the enforcer.
  Enforcer(Firewall& firewall, const Clock& clock,
           std::vector<IpNetwork> never_ban);
  ~Enforcer();

  // Called after every attempt, by one thread at a time. Null for nobody.
  void SetReportCallback(ReportCallback callback);

  void SetJails(std::vector<Jail> jails);
  void AddSnapshotPart(Snapshot part, const std::string& history_id,
                       uint64_t revision);
  // `revision` is 0 if the delta goes on in the next one. May enforce and call
  // the report callback before it returns, once the thread is started.
  void ApplyDelta(const Delta& delta, uint64_t revision);

  // Enforces a ban of this server's own, whatever the coordinator says, until
  // it is over or settled.
  void ImposeLocally(const StandingBan& ban);

  // The coordinator has decided on a local ban: once `revision` of that history
  // is held what it says of `key` is all that counts.
  void SettleLocal(const BanKey& key, const std::string& history_id,
                   uint64_t revision);

  // Replaces what is never refused here, whoever is banned.
  void SetNeverBan(std::vector<IpNetwork> never_ban);

  // Somebody else has, or may have, changed the firewall: it is compared at
  // once, but no more often than once a second.
  void OnFirewallChanged();

  // What to resume from: the newest set held, enforced or not.
  std::pair<std::string, uint64_t> held_revision() const;

  void Start();
  void Stop();

  Statistics statistics() const;

  // Enforces what is new, expires what is over, looks after the rules when it
  // is time. Returns when to come again if nothing is new by then.
  absl::Time Step();

 private:
  // What one Step() has to do.
  struct Work {
    FirewallChanges changes;
    std::string history_id;
    uint64_t revision = 0;
    bool is_news = false;  // Somebody waits for a report.
    bool must_reconcile = false;
    bool must_wait = false;  // Too early to try again.
  };

  void Loop();
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Whether the news are few, and of nothing else.
  bool IsLittle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Enforces the news, unless somebody else is enforcing: false.
  bool EnforceAtOnce();

  Work TakeWork(absl::Time now, bool is_news)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  absl::Status Enforce(const Work& work, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  absl::Status Reconcile(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  absl::Status Repair(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  absl::StatusOr<FirewallChanges> Difference(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  absl::StatusOr<bool> RulesAreIntact(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  void Finish(const Work& work, const absl::Status& status, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);

  Firewall& firewall_;
  const Clock& clock_;

  absl::Mutex step_mutex_;  // Whoever enforces has it; before `mutex_`.
  mutable absl::Mutex mutex_;
  WantedFirewall wanted_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<BanKey, absl::Time> snapshot_ ABSL_GUARDED_BY(mutex_);
  bool has_news_ ABSL_GUARDED_BY(mutex_) = false;
  bool must_reconcile_ ABSL_GUARDED_BY(mutex_) = true;
  bool firewall_changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Statistics statistics_ ABSL_GUARDED_BY(mutex_);
  std::string enforced_history_ ABSL_GUARDED_BY(mutex_);
  ReportCallback report_ ABSL_GUARDED_BY(mutex_);

  absl::Time retry_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  absl::Time next_look_ ABSL_GUARDED_BY(step_mutex_) = absl::InfinitePast();
  absl::Time next_reconcile_ ABSL_GUARDED_BY(step_mutex_) =
      absl::InfinitePast();
  bool has_compared_ ABSL_GUARDED_BY(step_mutex_) = false;  // Once, at least.
  bool suspects_damage_ ABSL_GUARDED_BY(step_mutex_) = false;
  absl::Time next_suspicion_ ABSL_GUARDED_BY(step_mutex_) =
      absl::InfinitePast();

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_ENFORCER_H_
