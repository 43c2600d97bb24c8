#ifndef MXBAN_COORDINATOR_JAIL_UPDATER_H_
#define MXBAN_COORDINATOR_JAIL_UPDATER_H_

// Reads the jails and keeps those configured in step with what they refer to.
//
// A thread of its own reads the configuration when asked to, and every few
// seconds looks whether a file or a name of some `ignoreip`, or of the allow
// list, has come to mean something else; then it tells the decision loop. It
// may wait for the network, so neither the loop nor a service does. What it
// tells goes through the loop's queue one at a time, so a refresh never undoes
// a reload.
//
// The allow list and the pause are the loop's own: what is in force is made
// there (effective_jails.h), without waiting for anything that is done here.

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/ban_table.h"
#include "coordinator/decision_loop.h"
#include "coordinator/ignored_sources.h"
#include "coordinator/jail_config.h"
#include "coordinator/rail_records.h"

namespace mxban {

class JailUpdater {
 public:
  // How many jails are in force then.
  using ReloadDone = std::function<void(absl::StatusOr<size_t>)>;

  JailUpdater(std::string config_dir, IgnoredSources sources);
  ~JailUpdater();

  // Reads the configuration for the first time. Errors are those of
  // LoadJails(); INVALID_ARGUMENT also if no message to agents could hold it.
  absl::StatusOr<std::shared_ptr<const JailSet>> Load();

  // Follows the configuration from here on. `loop` runs with the jails that
  // Load() has returned, and must outlive the updater.
  void Start(DecisionLoop& loop);

  // Reads the configuration again as `who` wants, all or nothing; `done` is
  // called by another thread once it is in force. Thread-safe.
  void Reload(std::string who, ReloadDone done);

  // Whether the newest Reload() that is done was granted; at first so.
  bool is_reload_granted() const { return is_reload_granted_; }

  // Finds out what the name or file of `request` comes to, and allows it;
  // `done` is called by another thread. FAILED_PRECONDITION if it does not
  // resolve or cannot be read. Thread-safe.
  void Allow(AllowRequest request, DecisionLoop::AllowDone done);

  // What the thread does every few seconds; for those who did not start it.
  void Refresh(DecisionLoop& loop);

 private:
  // What is to be done by the thread, or refused when it ends.
  struct Job {
    std::function<void(DecisionLoop&)> run;
    std::function<void(absl::Status)> refuse;
  };
  void Enqueue(Job job);

  // Learns what the lists of `config`, of those in force, of the allow list and
  // `another` come to.
  void RefreshSources(const JailConfig& config, const IgnoreList& another = {});
  void RefreshConfigured(DecisionLoop& loop);
  void RefreshAllowed(DecisionLoop& loop);
  void ResolveAndAllow(DecisionLoop& loop, AllowRequest request,
                       const DecisionLoop::AllowDone& done);
  // The jails of `config` with all that they ignore.
  absl::StatusOr<std::shared_ptr<const JailSet>> Complete(
      const JailConfig& config) const;
  // Reads the files into `config`, and what they become.
  absl::StatusOr<std::shared_ptr<const JailSet>> Read(JailConfig& config);
  absl::StatusOr<size_t> ReadAgain(DecisionLoop& loop, const std::string& who);
  absl::StatusOr<size_t> Grant(DecisionLoop& loop, const std::string& who);
  // Returns once `jails` are in force, or are not. The audit log says who
  // wanted them, and why.
  absl::Status PutInForce(DecisionLoop& loop,
                          std::shared_ptr<const JailSet> jails,
                          const std::string& who, const std::string& reason);
  void Run(DecisionLoop& loop);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string config_dir_;

  // Owned by the thread, before it starts by the caller of Load().
  IgnoredSources sources_;
  JailConfig config_;
  std::shared_ptr<const JailSet> told_;  // What the loop has.
  bool is_behind_ = false;               // What it has may ignore less or more.
  // What is on the allow list and no network, by its text.
  std::map<std::string, IgnoreList> allowed_;

  std::atomic<bool> is_reload_granted_ = true;

  absl::Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_UPDATER_H_
