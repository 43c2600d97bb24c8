#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_CLIENT_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_CLIENT_H_

// The Firewall of a process that may not touch one: hands every call to the
// enforcing half, and waits for its answer.

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_wire.h"

namespace mxban {

// Thread-compatible, as every Firewall; name() may be called from anywhere.
class FirewallClient final : public Firewall {
 public:
  // `requests` is FirewallChannelPair::client's.
  explicit FirewallClient(Descriptor requests)
      : requests_(std::move(requests)) {}

  // As the enforcing half has said last; empty before.
  std::string name() const override ABSL_LOCKS_EXCLUDED(mutex_);

  // Further errors of all calls: INTERNAL once the enforcing half is gone.
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

 private:
  absl::StatusOr<FirewallState> Ask(const FirewallRequest& request);
  absl::StatusOr<FirewallAnswer> Receive();

  Descriptor requests_;  // None once an answer was not understood.
  MessageReceiver receiver_;
  FirewallAnswerReader reader_;

  mutable absl::Mutex mutex_;
  std::string name_ ABSL_GUARDED_BY(mutex_);
};

// Listens for the enforcing half's bell, and for its end, until destruction.
class FirewallNews {
 public:
  struct Callbacks {
    std::function<void()> on_changed;  // Somebody changed what is ours.
    std::function<void()> on_lost;     // The other half is gone. Once.
  };

  // `news` is FirewallChannelPair::client's. The callbacks are called from a
  // thread of this object.
  FirewallNews(Descriptor news, Callbacks callbacks);
  ~FirewallNews();

  bool is_lost() const { return is_lost_; }

 private:
  void Listen();

  const Descriptor news_;
  const Descriptor stop_;
  const Callbacks callbacks_;
  std::atomic<bool> is_lost_ = false;
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_CLIENT_H_
