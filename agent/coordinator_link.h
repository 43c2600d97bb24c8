#ifndef MXBAN_AGENT_COORDINATOR_LINK_H_
#define MXBAN_AGENT_COORDINATOR_LINK_H_

// The agent's connection to a coordinator: failures up, jails and bans down,
// and the bans that the server imposed by itself up once more.
//
// Keeps one ReportFailures and one Watch stream open. When either ends, both
// are closed and the next coordinator of the list is tried, after a pause that
// doubles up to ten seconds, with jitter, so that a thousand agents do not
// return at the same moment. A batch of failures is sent as soon as the one
// before is acknowledged, with all that has gathered meanwhile. A coordinator
// that has had enough of our failures (RESOURCE_EXHAUSTED) gets them later, by
// the same pauses: they stay in the outbox, and Watch goes on.
//
// Thread-safe.

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/agent_core.h"
#include "agent/call_queue.h"
#include "agent/enforcer.h"
#include "common/client_tls.h"

namespace mxban {

class CoordinatorLink {
 public:
  struct Options {
    std::vector<std::string> coordinators;  // gRPC's notation; at least one.
    ClientTls* tls = nullptr;               // Must outlive the link.
    std::string server_name;
    absl::Duration shortest_pause = absl::Milliseconds(200);
    absl::Duration longest_pause = absl::Seconds(10);
  };

  struct Statistics {
    bool connected = false;    // Both streams are open and jails are here.
    std::string coordinator;   // The one in use, or tried last.
    uint64_t connections = 0;  // Since construction.
    std::string error;         // Why it is not connected.
  };

  // `core` must outlive the link.
  CoordinatorLink(AgentCore& core, Options options);
  ~CoordinatorLink();

  void Start();
  void Stop();

  // Something is in the outbox.
  void OnFailure();

  // Ends the connection if the coordinator's certificate is not good any more.
  // Call it every few seconds.
  void CheckCoordinator();

  // There may be local bans to hand over. Call it once a second.
  void HandOver();

  Statistics statistics() const;

 private:
  class Session;

  void Loop();
  // Connects and stays connected as long as it lasts. Returns why it ended.
  absl::Status RunSession(size_t coordinator);
  void OnReport(const Enforcer::Report& report);

  AgentCore& core_;
  const Options options_;
  CallQueue calls_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Session* session_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Statistics statistics_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_COORDINATOR_LINK_H_
