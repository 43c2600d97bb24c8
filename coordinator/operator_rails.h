#ifndef MXBAN_COORDINATOR_OPERATOR_RAILS_H_
#define MXBAN_COORDINATOR_OPERATOR_RAILS_H_

// What operators have set beside the configuration, the allow list and the
// pause, and the jails in force that come of both (effective_jails.h).
//
// All three are changed here alone, so that no change undoes another one, and a
// pause waits for nobody. Like HeldBans, only the decision loop changes them,
// and only after the change is durable: a turn collects it (Turn::rails and
// what is beside it), and Publish() makes it hold. What operators set holds at
// once for what the same turn decides later, a new configuration from the next
// turn on.
//
// Thread-compatible, but for shown(), which any thread may ask.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/ip_network.h"
#include "coordinator/ban_table.h"
#include "coordinator/rail_records.h"
#include "coordinator/turn.h"

namespace mxban {

class OperatorRails {
 public:
  // Starts with what is configured, and what the store holds. As all that
  // changes either below: INVALID_ARGUMENT if together they are too large to
  // tell agents.
  absl::Status Load(std::shared_ptr<const JailSet> configured, RailState state);

  // What holds between two turns.
  const std::shared_ptr<const JailSet>& jails() const { return jails_; }
  const RailState& state() const { return *state_; }

  // By what `turn` decides.
  const JailSet& JailsIn(const Turn& turn) const {
    return turn.deciding ? *turn.deciding : *jails_;
  }

  // Puts `configured` in force.
  absl::Status Configure(Turn& turn, std::shared_ptr<const JailSet> configured);

  // Adds a source to the allow list, or changes it there. RESOURCE_EXHAUSTED if
  // the list is full, or agents could not be told.
  absl::StatusOr<AllowedSource> Allow(Turn& turn, const AllowRequest& request);

  // NOT_FOUND if it is not allowed.
  absl::StatusOr<AllowedSource> Disallow(Turn& turn, const std::string& source,
                                         const std::string& who);

  // What sources of the allow list have come to by now. Returns those that
  // changed; those that are on it no longer are passed over.
  using Networks = std::map<std::string, std::vector<IpNetwork>>;
  absl::StatusOr<std::vector<AllowedSource>> Refresh(Turn& turn,
                                                     const Networks& networks);

  // Stops enforcement, or with nullopt goes on. The start of the pause is set
  // here.
  absl::Status SetPause(Turn& turn, std::optional<Pause> pause,
                        const std::string& who);

  // Takes from the allow list what is over by `turn`.
  void Expire(Turn& turn);

  // When the next one goes, or InfiniteFuture().
  absl::Time NextExpiry() const { return next_expiry_; }

  // `turn` is durable.
  void Publish(const Turn& turn);

  // What was published last.
  std::shared_ptr<const RailState> shown() const;

 private:
  const RailState& StateIn(const Turn& turn) const {
    return turn.rails ? *turn.rails : *state_;
  }
  // Null stands for what is so already.
  absl::Status PutInForce(Turn& turn, std::shared_ptr<const JailSet> configured,
                          std::shared_ptr<const RailState> state);
  void Show();

  std::shared_ptr<const JailSet> configured_;
  std::shared_ptr<const JailSet> jails_;  // In force.
  std::shared_ptr<const RailState> state_;
  absl::Time next_expiry_ = absl::InfiniteFuture();

  mutable absl::Mutex mutex_;
  std::shared_ptr<const RailState> shown_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_OPERATOR_RAILS_H_
