#ifndef MXBAN_AGENT_NEVER_BAN_WATCH_H_
#define MXBAN_AGENT_NEVER_BAN_WATCH_H_

// Notices when what is never banned changes: by DHCP, a failover, a coordinator
// that has moved.
//
// A thread of its own looks every kInterval. It may hang in somebody else's
// name server, so nobody waits for its end: it shares its state, and touches
// nothing else once the watch is gone.

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "agent/never_ban.h"

namespace mxban {

class NeverBanWatch {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(20);

  using Changed = std::function<void(const NeverBan::Networks&)>;

  // `known` is what `never_ban` has come to; `changed` is told of anything
  // else, from the thread.
  NeverBanWatch(NeverBan never_ban, NeverBan::Networks known, Changed changed);

  // `changed` is not running then, nor called again.
  ~NeverBanWatch();

 private:
  struct State;

  const std::shared_ptr<State> state_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_NEVER_BAN_WATCH_H_
