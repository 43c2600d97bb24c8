#ifndef MXBAN_COORDINATOR_BAN_WATCH_H_
#define MXBAN_COORDINATOR_BAN_WATCH_H_

// What operators see happen: AdminService.WatchBans.
//
// Thread-safe.

#include <cstdint>
#include <deque>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_table.h"
#include "coordinator/open_calls.h"
#include "grpcpp/support/server_callback.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {

// Fills in the operators' view of `ban`.
v1::BanStatus BanStatusOf(const Ban& ban, const AgentRegistry& registry);

class BanWatch final : public BanTable::Listener {
 public:
  // All must outlive the watch, which listens to the first two.
  BanWatch(BanTable& table, AgentRegistry& registry, const Clock& clock);
  ~BanWatch() override;

  // A stream that lives until its reader goes, or falls behind. `context` is
  // that of the call, `ticket` is held to its end.
  grpc::ServerWriteReactor<v1::WatchBansResponse>* NewStream(
      grpc::CallbackServerContext& context, OpenCalls::Ticket ticket);

  void OnUpdate(const BanTable::Update& update) override;

 private:
  class Stream;
  friend class Stream;

  void Tell(v1::WatchBansResponse::Change change, const Ban& ban,
            absl::Time now);
  void OnEnforced(uint64_t revision, absl::Time now);
  void Remove(Stream* stream);

  BanTable& table_;
  AgentRegistry& registry_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
  // Imposed of late and not yet enforced everywhere, oldest first.
  std::deque<Ban> spreading_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_WATCH_H_
