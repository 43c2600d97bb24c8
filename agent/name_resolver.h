#ifndef MXBAN_AGENT_NAME_RESOLVER_H_
#define MXBAN_AGENT_NAME_RESOLVER_H_

// Looks up host names that filters capture, without making a log wait long.
//
// Names in logs are often the attacker's own, and so are the name servers that
// answer for them. A thread of its own asks; an answer is good for kLifetime,
// and so is none. A name that takes longer than kPatience counts as unknown,
// and so does every new one once logs have waited for kBudget in a minute.
//
// Thread-safe.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

class NameResolver {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(2);
  static constexpr absl::Duration kBudget = absl::Seconds(5);
  static constexpr absl::Duration kLifetime = absl::Minutes(5);  // Fail2Ban's.
  static constexpr size_t kMaxNames = 10'000;
  static constexpr size_t kMaxQuestions = 100;  // That wait for their turn.

  // Returns the addresses of a name, none if it has none; may block.
  using Lookup = std::function<std::vector<IpNetwork>(const std::string&)>;

  // `on_answer` is called from the thread after each answer, and must not call
  // back.
  NameResolver(Lookup lookup, std::function<void()> on_answer);

  // Does not wait for an answer that is on its way.
  ~NameResolver();

  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  // The addresses of `name`, none if it is unknown; nullopt while the answer is
  // awaited: ask again after `on_answer`, or a second later.
  std::optional<std::vector<IpNetwork>> Find(const std::string& name,
                                             absl::Time now);

 private:
  struct State;

  std::shared_ptr<State> state_;  // With the thread, which may outlive us.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_NAME_RESOLVER_H_
