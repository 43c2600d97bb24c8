#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_

// The two descriptors between an agent's halves: a socket for requests and
// their answers, and a pipe on which the enforcing half rings when somebody
// else has changed what is ours. When one half dies both end, and the other
// half knows.

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

// A file descriptor that is closed with its owner. Thread-compatible.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return descriptor_; }

 private:
  int descriptor_;  // Negative: none.
};

// What one half holds.
struct FirewallChannel {
  Descriptor requests;  // Keeps the borders of messages.
  Descriptor news;      // The client reads, the server writes.
};

struct FirewallChannelPair {
  FirewallChannel client;
  FirewallChannel server;
};
absl::StatusOr<FirewallChannelPair> OpenFirewallChannel();

// Sends one message; false if the other half is gone.
bool SendTo(int requests, absl::string_view message);

// Waits for a message; valid until the next call of the thread. UNAVAILABLE if
// the other half is gone.
absl::StatusOr<absl::string_view> ReceiveFrom(int requests);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_
