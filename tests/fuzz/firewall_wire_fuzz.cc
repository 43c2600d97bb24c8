// Either half of an agent may be hijacked: whatever it sends, the other takes
// it for a row that keeps the rules, and survives the way there and back, or
// refuses it. The input is messages, each behind a byte that tells its length.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/firewall/firewall_wire.h"

namespace mxban {
namespace {

using Messages = std::vector<std::string>;

Messages Split(absl::string_view input) {
  Messages messages;
  while (!input.empty()) {
    const size_t size =
        std::min<size_t>(static_cast<uint8_t>(input.front()), input.size() - 1);
    messages.emplace_back(input.substr(1, size));
    input.remove_prefix(1 + size);
  }
  return messages;
}

void Demand(bool holds) {
  if (!holds) std::abort();
}

bool IsSound(const JailRules& rules) { return IsFirewallName(rules.name); }

bool AreSound(const std::vector<FirewallBan>& bans) {
  return std::all_of(bans.begin(), bans.end(), [](const FirewallBan& ban) {
    return IsFirewallName(ban.jail) && ban.source.prefix_length() > 0;
  });
}

bool IsSound(const FirewallRequest& request) {
  const FirewallChanges& changes = request.changes;
  return std::all_of(changes.jails.begin(), changes.jails.end(),
                     [](const JailRules& rules) { return IsSound(rules); }) &&
         AreSound(changes.imposed) && AreSound(changes.lifted) &&
         std::all_of(changes.removed_jails.begin(), changes.removed_jails.end(),
                     IsFirewallName);
}

bool IsSound(const FirewallAnswer& answer) {
  return std::all_of(answer.state.begin(), answer.state.end(),
                     [](const auto& jail) {
                       return jail.first == jail.second.rules.name &&
                              IsSound(jail.second.rules);
                     });
}

bool Write(const FirewallRequest& request, SendMessage send) {
  return WriteFirewallRequest(request, send);
}
bool Write(const FirewallAnswer& answer, SendMessage send) {
  return WriteFirewallAnswer(answer, send);
}

template <typename Row>
Messages Written(const Row& row) {
  Messages messages;
  Demand(Write(row, [&](absl::string_view message) {
    Demand(message.size() <= kMaxFirewallMessage);
    messages.emplace_back(message);
    return true;
  }));
  return messages;
}

// What is read can be written, and read again, and then is written the same.
template <typename Reader, typename Row>
void ThereAndBack(const Row& row) {
  const Messages written = Written(row);
  Reader reader;
  for (size_t i = 0; i < written.size(); ++i) {
    const auto taken = reader.Take(written[i]);
    const bool is_last = i + 1 == written.size();
    Demand(taken.ok() && taken->has_value() == is_last);
    if (is_last) Demand(Written(**taken).size() == written.size());
  }
}

template <typename Reader>
void Read(const Messages& messages) {
  Reader reader;
  for (const std::string& message : messages) {
    const auto taken = reader.Take(message);
    if (!taken.ok()) {
      Demand(absl::IsInvalidArgument(taken.status()));
      return;
    }
    if (!taken->has_value()) continue;
    Demand(IsSound(**taken));
    ThereAndBack<Reader>(**taken);
  }
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mxban::Messages messages = mxban::Split(
      absl::string_view(reinterpret_cast<const char*>(data), size));
  mxban::Read<mxban::FirewallRequestReader>(messages);
  mxban::Read<mxban::FirewallAnswerReader>(messages);
  return 0;
}
