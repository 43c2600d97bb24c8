#ifndef MXBAN_COORDINATOR_BAN_POLICY_H_
#define MXBAN_COORDINATOR_BAN_POLICY_H_

// Decides who is banned, for how long, and whom no one may ban. Pure: all it
// knows is in its arguments.

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/jail.h"

namespace mxban {

// What an operator asks for.
struct BanRequest {
  std::string jail;
  IpNetwork source;
  absl::Duration duration;  // Infinite: permanent. Zero: as the jail says.
  std::string reason;
  bool wide = false;  // Confirms a network wider than /24 or /48.
};

// Whether `jail` never counts nor bans some address of `source`: one that it
// ignores, or one that no remote host can have (loopback, RFC 6890's "this
// network", multicast).
bool IsIgnored(const Jail& jail, const IpNetwork& source);

// The ban that `count` failures of `source`, the newest at `newest`, have
// earned; none if they are too few, or if the ban would be over by `now`: it
// runs from the newest failure, as Fail2Ban's does. Servers, evidence, history
// and revision are the caller's to fill in.
std::optional<Ban> DecideCountedBan(const Jail& jail, const IpNetwork& source,
                                    size_t count, absl::Time newest,
                                    absl::Time now);

// The ban that an operator asks for. Errors are those of
// AdminService.ImposeBan.
absl::StatusOr<Ban> DecideRequestedBan(const Jail& jail,
                                       const BanRequest& request,
                                       absl::Time now);

// `ban` as it is after `later` was decided on top of it: never shorter.
// Nullopt if that makes no difference to whoever enforces whole seconds.
std::optional<Ban> Extend(const Ban& ban, const Ban& later);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_POLICY_H_
