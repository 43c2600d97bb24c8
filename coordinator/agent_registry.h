#ifndef MXBAN_COORDINATOR_AGENT_REGISTRY_H_
#define MXBAN_COORDINATOR_AGENT_REGISTRY_H_

// Who is connected, and how far each server has got in enforcing the bans.
//
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/metrics.h"
#include "coordinator/ban_table.h"
#include "prometheus/histogram.h"

namespace mxban {

// What is known about one agent.
struct AgentInfo {
  std::string server_name;
  bool connected = false;
  std::string peer;  // Where it called from, in gRPC's notation.
  std::string version;
  std::string firewall;
  uint64_t enforced_revision = 0;
  absl::Status status;  // Why newer revisions are not enforced.
  absl::Time contact_time;
};

class AgentRegistry final : public BanTable::Listener {
 public:
  // How far one ban has spread, over the servers seen since the start.
  struct Progress {
    size_t enforcing_servers = 0;
    size_t servers = 0;
    // From the decision to the kernel of the slowest server that was connected
    // at the time; none when that is too long ago to be remembered.
    std::optional<absl::Duration> slowest;
  };

  // Which servers enforce one ban, by name, of those seen since the start.
  struct Enforcement {
    struct Server {
      std::string name;
      // When it first said so; none when that is too long ago to be remembered.
      std::optional<absl::Time> since;
    };
    std::vector<Server> enforcing;
    std::vector<std::string> missing;
  };

  struct Totals {
    size_t agents = 0;
    size_t connected = 0;
    size_t current = 0;  // Connected, and enforcing the newest revision.
  };

  // Told when the last connected server enforces `revision` and all before.
  using EnforcedCallback =
      std::function<void(uint64_t revision, absl::Time now)>;

  // `revision` is the newest one so far.
  explicit AgentRegistry(uint64_t revision) : revision_(revision) {}

  // A stream for `agent` has opened. Returns a ticket that names the stream,
  // so that the end of an old one does not disconnect its successor.
  uint64_t Connect(AgentInfo agent, absl::Time now);
  void Disconnect(const std::string& server_name, uint64_t ticket,
                  absl::Time now);

  // What an agent says of its kernel.
  struct Acknowledgement {
    uint64_t revision = 0;  // The last that it enforces completely.
    absl::Status status;    // Why not more.
    std::string firewall;   // Empty: as before.
  };
  void Acknowledge(const std::string& server_name, uint64_t ticket,
                   Acknowledgement said, absl::Time now);

  void OnUpdate(const BanTable::Update& update) override;

  // Called without locks held, from whichever thread acknowledged last.
  void SetEnforcedCallback(EnforcedCallback callback);

  Progress ProgressOf(const Ban& ban) const;
  Enforcement EnforcementOf(const Ban& ban) const;
  Totals GetTotals() const;

  // Up to `limit` agents whose names come after `after`.
  std::vector<AgentInfo> List(const std::string& after, size_t limit) const;

  // For how long the oldest revision that a server does not enforce has stood;
  // zero if it enforces all.
  absl::Duration LagOf(const AgentInfo& agent, absl::Time now) const;

  // From a decision to the kernel of each server that was connected then.
  const prometheus::Histogram& spread_seconds() const {
    return spread_seconds_;
  }

 private:
  struct Stream {
    AgentInfo agent;
    uint64_t ticket;
    uint64_t first_revision;  // The newest when the stream opened.
  };

  // When a server first acknowledged which revisions: the newest, oldest first,
  // at most kRememberedAcknowledgements. They outlive its streams, since its
  // kernel does.
  struct Acknowledged {
    uint64_t revision;
    absl::Time time;
  };
  struct Memory {
    std::deque<Acknowledged> acknowledged;
    uint64_t known_since;  // What is older was acknowledged nobody knows when.
  };

  // A revision and how it spread. Oldest first, at most kRememberedRevisions.
  struct Spread {
    uint64_t revision;
    absl::Time decision_time;
    std::optional<absl::Duration> slowest;
  };

  // The stream of `ticket`; null if it is over or there is a newer one.
  Stream* Find(const std::string& server_name, uint64_t ticket)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One server less enforces just this revision.
  void Uncount(uint64_t revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const std::string& server_name, uint64_t revision,
                absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MeasureSpread(const Stream& stream, uint64_t from, uint64_t to,
                     absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t LeastEnforced() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::btree_map<std::string, Stream> streams_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<std::string, Memory> memories_ ABSL_GUARDED_BY(mutex_);
  // How many connected servers enforce exactly this revision.
  absl::btree_map<uint64_t, size_t> enforcing_ ABSL_GUARDED_BY(mutex_);
  std::deque<Spread> spreads_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ticket_ ABSL_GUARDED_BY(mutex_) = 1;
  EnforcedCallback enforced_ ABSL_GUARDED_BY(mutex_);
  prometheus::Histogram spread_seconds_{LatencyBuckets()};
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AGENT_REGISTRY_H_
