#ifndef MXBAN_AGENT_AGENT_CORE_H_
#define MXBAN_AGENT_AGENT_CORE_H_

// All that an agent knows and does, but for when it does it and whom it talks
// to: no threads, no connection, no HTTP. Agent drives it with threads, a test
// can drive it by hand:
//
//   reader().Poll()          finds failures, which wait in outbox()
//   outbox().Take()          what to report; Acknowledge() what is recorded
//   OnUpdate()               what a coordinator says
//   enforcer().Step()        makes the kernel do it
//   SetAlone()               whether there is a coordinator
//   local_bans()             what to impose without one, and to hand over
//   Save()                   what to know after a restart
//
// A core that is gone and opened again over the same state directory is an
// agent that was killed and started.
//
// Thread-safe as its parts are; OnUpdate() and Save() are for one thread each.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/enforcer.h"
#include "agent/failure_outbox.h"
#include "agent/firewall/firewall.h"
#include "agent/fleet_clock.h"
#include "agent/local_bans.h"
#include "agent/log_reader.h"
#include "agent/never_ban.h"
#include "agent/position_file.h"
#include "agent/reaction_times.h"
#include "agent/update_journal.h"
#include "common/clock.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {

class AgentCore {
 public:
  struct Options {
    std::string state_dir;  // Made if it is not there.
    // Paths that replace a jail's own, by jail.
    absl::btree_map<std::string, std::vector<std::string>> log_paths;
    NeverBan::Networks never_ban;  // By now; see SetNeverBan().
    // About 50 MB at the longest lines; then the log waits.
    size_t outbox_capacity = 50'000;
    size_t small_journal = UpdateJournal::kSmall;
    // By a clock that nobody sets; see FleetClock.
    std::function<absl::Duration()> uptime;
  };

  // Knows what was known when it was last saved; does nothing yet. The firewall
  // and the clock must outlive the core. INVALID_ARGUMENT names what an
  // operator can mend.
  static absl::StatusOr<std::unique_ptr<AgentCore>> Open(const Options& options,
                                                         Firewall& firewall,
                                                         const Clock& clock);

  // What to open a Watch stream with.
  v1::Subscription Subscription() const;

  // What the coordinator says; kept on disk for the next start. An error means
  // that it is not understood, and that nothing of it was done.
  absl::Status OnUpdate(const v1::WatchResponse& update);

  // Whether a coordinator answers.
  void SetAlone(bool is_alone);

  // What is never refused here, and whose failures are our own.
  void SetNeverBan(const NeverBan::Networks& never_ban);

  // Keeps positions and local bans for the next start.
  void Save();

  // The kernel enforces `revision`.
  void OnEnforced(uint64_t revision) { reaction_times_.OnEnforced(revision); }

  // What was read before this moment is not read again by the next start: what
  // it told is recorded by the coordinator, and the position kept. To within
  // two calls of Save().
  absl::Time checkpoint_time() const;

  FailureOutbox& outbox() { return outbox_; }
  LogReader& reader() { return reader_; }
  LocalBans& local_bans() { return local_bans_; }
  const ReactionTimes& reaction_times() const { return reaction_times_; }
  FleetClock& fleet_clock() { return fleet_clock_; }
  Enforcer& enforcer() { return enforcer_; }
  const Enforcer& enforcer() const { return enforcer_; }

 private:
  AgentCore(const Options& options, Firewall& firewall, const Clock& clock);

  absl::Status Apply(const v1::WatchResponse& update);
  void RestoreUpdates();
  void RestoreLocalBans();
  void NoteCheckpoint();

  Firewall& firewall_;
  const std::string positions_path_;
  const std::string local_bans_path_;
  LogPositions saved_positions_;
  uint64_t saved_changes_ = 0;  // LocalBans::changes()
  const Clock& clock_;

  // What was in the outbox, ever, at some moment.
  struct Mark {
    absl::Time time;
    uint64_t added = 0;
  };
  mutable absl::Mutex mutex_;
  Mark mark_ ABSL_GUARDED_BY(mutex_);
  absl::Time checkpoint_time_ ABSL_GUARDED_BY(mutex_);

  // In the order in which each needs the ones before.
  FleetClock fleet_clock_;
  FailureOutbox outbox_;
  Enforcer enforcer_;
  LocalBans local_bans_;
  ReactionTimes reaction_times_;
  LogReader reader_;
  UpdateJournal journal_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_AGENT_CORE_H_
