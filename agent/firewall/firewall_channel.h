#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_

// The two descriptors between an agent's halves: a socket for the messages of
// requests and their answers, and a pipe on which the enforcing half rings when
// somebody else has changed what is ours. When one half dies both end, and the
// other half knows.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/descriptor.h"

namespace mxban {

// What one half holds.
struct FirewallChannel {
  Descriptor requests;  // Keeps the borders of datagrams.
  Descriptor news;      // The client reads, the server writes.
};

struct FirewallChannelPair {
  FirewallChannel client;
  FirewallChannel server;
};
absl::StatusOr<FirewallChannelPair> OpenFirewallChannel();

// Sends messages, as many at once as fit one datagram: each wakes the other
// half. Thread-compatible.
class MessageSender {
 public:
  // `requests` must stay open.
  explicit MessageSender(int requests) : requests_(requests) {}

  // Sends it now or later; at the latest with the next Flush(). False if the
  // other half is gone.
  bool Send(absl::string_view message);
  bool Flush();

 private:
  const int requests_;
  std::string datagram_;
};

// Receives them, one at a time. Thread-compatible.
class MessageReceiver {
 public:
  MessageReceiver();

  // Waits for a message; valid until the next call. UNAVAILABLE if the other
  // half is gone, INVALID_ARGUMENT if it does not keep to the form.
  absl::StatusOr<absl::string_view> Receive(int requests);

  // Whether another one has come together with the last.
  bool has_more() const { return !left_.empty(); }

 private:
  std::vector<char> buffer_;
  absl::string_view left_;  // Of the datagram, in `buffer_`.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_CHANNEL_H_
