#ifndef MXBAN_COMMON_BAN_POLICY_H_
#define MXBAN_COMMON_BAN_POLICY_H_

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
  std::string who;             // The operator, as the audit log has them.
  bool wide = false;           // Confirms a network wider than /24 or /48.
  bool validate_only = false;  // Only says what would be.
};

// The network, of those that no remote host can have (loopback, RFC 6890's
// "this network", link-local IPv6, multicast), that overlaps `source`, if any.
std::optional<IpNetwork> NobodysNetwork(const IpNetwork& source);

// What of the `ignoreip` of `jail` overlaps `source`, if anything.
std::optional<IpNetwork> IgnoredNetwork(const Jail& jail,
                                        const IpNetwork& source);

// Whether `jail` never counts nor bans some address of `source`: one that it
// ignores, or one that no remote host can have.
bool IsIgnored(const Jail& jail, const IpNetwork& source);

// When what begins at `start` ends; never, if that is beyond what a Timestamp
// holds.
absl::Time EndOf(absl::Time start, absl::Duration duration);

enum class Admission { kCounts, kTooOld, kIgnored };

// Whether a failure counts in `jail` at `now`, and makes it so that it can be
// counted: a time in the future is read as now, so that a clock that is ahead
// does not expire what others reported; the source is what would be banned.
Admission Admit(const Jail& jail, absl::Time now, absl::Time& time,
                IpNetwork& source);

inline Admission Admit(const Jail& jail, absl::Time now, Failure& failure) {
  return Admit(jail, now, failure.time, failure.source);
}

// Whether `login` may speak for its user in `jail` at `now`; makes it so that
// it can be recorded, as Admit() does with failures.
bool AdmitLogin(const Jail& jail, absl::Time now, RightLogin& login);

// What has been counted of a source.
struct Offence {
  IpNetwork source;
  size_t count = 0;    // Of failures within one window, by their weight.
  size_t servers = 1;  // That saw them, different ones.
  absl::Time newest;
  uint32_t earlier_bans = 0;
  double random = 0;  // From 0 up to 1; see escalation.h.
};

// The ban that `offence` has earned; none if the failures, or the servers that
// saw them, are too few, or if the ban would be over by `now`: it runs from the
// newest failure, as Fail2Ban's does. Servers, evidence, history and revision
// are the caller's to fill in.
std::optional<Ban> DecideCountedBan(const Jail& jail, const Offence& offence,
                                    absl::Time now);

// The ban that an operator asks for. Errors are those of
// AdminService.ImposeBan.
absl::StatusOr<Ban> DecideRequestedBan(const Jail& jail,
                                       const BanRequest& request,
                                       absl::Time now);

// The ban that a server has imposed by itself, as the fleet takes it over;
// nullopt for one that may not stand: its source is wider than what is counted
// or holds what is never banned, or it is over. No such ban lasts longer than
// one that `jail` imposes now: what a server says of its clock is not believed.
// REQUIRES: `local` is a ban of `jail`. Servers, history and revision are the
// caller's to fill in.
std::optional<Ban> DecideLocalBan(const Jail& jail, const Ban& local,
                                  absl::Time now);

// `ban` as it is after `later` was decided on top of it: never shorter.
// Nullopt if that makes no difference to whoever enforces whole seconds. Only
// an operator's decision changes why it stands.
std::optional<Ban> Extend(const Ban& ban, const Ban& later);

}  // namespace mxban

#endif  // MXBAN_COMMON_BAN_POLICY_H_
