#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_WIRE_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_WIRE_H_

// What the two halves of an agent say to each other about a Firewall, as bytes.
//
// A request or an answer is a row of messages, the last of which says what the
// row is. Each message holds at most kMaxFirewallMessage bytes, so whatever is
// large, bans and allow lists, is spread over many. The reader takes nothing on
// trust: the half that asks reads what attackers write. Whatever is out of
// form, or more than kMaxFirewallParts, is INVALID_ARGUMENT, and the
// conversation is over.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/firewall/firewall.h"

namespace mxban {

inline constexpr size_t kMaxFirewallMessage = 32 * 1024;

// Messages, bans and networks of one row, together.
inline constexpr size_t kMaxFirewallParts = 1u << 24;

struct FirewallRequest {
  enum class Kind : uint8_t { kApply, kInspect, kRemove };
  Kind kind = Kind::kApply;
  FirewallChanges changes;                    // kApply
  InspectDepth depth = InspectDepth::kRules;  // kInspect
  absl::Time now;
};

struct FirewallAnswer {
  absl::Status status;
  FirewallState state;  // Of kInspect.
  std::string backend;  // Firewall::name()
};

// Hand each message to `send`, which returns whether to go on.
using SendMessage = absl::FunctionRef<bool(absl::string_view)>;
bool WriteFirewallRequest(const FirewallRequest& request, SendMessage send);
bool WriteFirewallAnswer(const FirewallAnswer& answer, SendMessage send);

// Gather a row. Take() returns nothing until its last message has come; then a
// new row begins. After an error it must not be used again.
class FirewallRequestReader {
 public:
  absl::StatusOr<std::optional<FirewallRequest>> Take(
      absl::string_view message);

 private:
  FirewallRequest request_;
  size_t parts_ = 0;
};

class FirewallAnswerReader {
 public:
  absl::StatusOr<std::optional<FirewallAnswer>> Take(absl::string_view message);

 private:
  FirewallAnswer answer_;
  std::string jail_;  // Which the parts that follow belong to.
  size_t parts_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_WIRE_H_
