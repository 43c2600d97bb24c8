#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_H_

// The agent's only hand on its host: decides which sources are refused.
//
// The interface is declarative. Inspect() says what the kernel does now; the
// Enforcer compares that with what it wants and hands the difference to
// Apply(). Whatever happened before, the next comparison finds the way.
//
// A backend owns what it names: for each jail one chain `mxban-<name>`, its
// jumps at the head of INPUT and its sets. It touches nothing else.
//
// Implementations: IpsetFirewall, IptablesFirewall, NftablesFirewall and
// NoFirewall on the kernel; AnyFirewall, which is the one of them that works;
// FirewallClient, which hands everything to another process; in tests,
// FakeFirewall.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ip_network.h"
#include "common/jail.h"

namespace mxban {

// Longest `JailRules::name`. The kernel cuts chain names silently above 28
// characters and set names end at 31, so `mxban-<name>-a4` must fit that.
inline constexpr size_t kMaxFirewallName = 22;

// Returns `name` if it fits, else its beginning and a hash of the whole: names
// of any length stay distinct and stable.
std::string FirewallName(absl::string_view name);

// Whether `name` is one already: 1 to kMaxFirewallName of [A-Za-z0-9_.-].
bool IsFirewallName(absl::string_view name);

// How the names of jails begin that only try a backend out, and go at once.
inline constexpr absl::string_view kProbePrefix = "probe.";

// What one jail closes. Equal rules need no change.
struct JailRules {
  std::string name;              // An IsFirewallName().
  std::vector<PortRange> ports;  // TCP; at least one.
  Rejection rejection = Rejection::kTcpReset;
  std::vector<IpNetwork> allowed;  // Never refused, sorted, no duplicates.

  friend bool operator==(const JailRules&, const JailRules&) = default;
};

// A source that a jail refuses.
struct FirewallBan {
  std::string jail;  // JailRules::name
  IpNetwork source;  // Not of all addresses: the kernel knows no such ban.
  absl::Time expire_time = absl::InfiniteFuture();
};

// The longest that a kernel counts down by itself. Longer bans are in force,
// but must be imposed again before this has passed: see EndStands().
inline constexpr absl::Duration kLongestBan = absl::Seconds(2'147'483);

// Whether a ban that should end at `wanted` needs no imposing, given what
// Inspect() said of it. Forgives the kernel its whole seconds, and tells when a
// ban beyond kLongestBan is due to be renewed.
bool EndStands(std::optional<absl::Time> standing, absl::Time wanted,
               absl::Time now);

// What Apply() is to change. Within one call jails are set up first, then bans
// are lifted, then others imposed, and jails are removed at the end.
struct FirewallChanges {
  std::vector<JailRules> jails;            // New, or with other rules.
  std::vector<FirewallBan> imposed;        // New, or with another end.
  std::vector<FirewallBan> lifted;         // `expire_time` is not looked at.
  std::vector<std::string> removed_jails;  // Chain, jumps, sets and bans go.

  bool empty() const {
    return jails.empty() && imposed.empty() && lifted.empty() &&
           removed_jails.empty();
  }
};

// What the kernel does for one jail.
struct JailState {
  JailRules rules;

  // Whether chain, jump (at the head of INPUT, among our own) and sets stand,
  // for IPv4 and IPv6, exactly as Apply() would make them for `rules`.
  bool intact = false;

  // How many sources are refused. Not told with the rules alone where that
  // would mean to read them all; there SomebodyChanged() tells of damage.
  std::optional<size_t> ban_count;

  // Who is refused and until when; nullopt where the backend keeps no time.
  // Empty unless asked for.
  absl::flat_hash_map<IpNetwork, std::optional<absl::Time>> bans;
};

// By JailRules::name. Holds every jail of which anything is left.
using FirewallState = std::map<std::string, JailState>;

enum class InspectDepth { kRules, kRulesAndBans };

// Thread-compatible: used by the enforcement thread alone.
class Firewall {
 public:
  virtual ~Firewall() = default;

  // `ipset`, `iptables`, `nftables` or `none`; empty while none works.
  virtual std::string name() const = 0;

  // Makes `changes`. Succeeds only once the kernel has acknowledged all of
  // them; otherwise any part may be in force, so Inspect() again. Imposing
  // what stands and lifting what does not succeed. `now` is what `expire_time`
  // is measured from; a ban that has ended by then is lifted, and no ban ends
  // early. Setting up a jail keeps its bans, and at no time lets them through.
  //
  //   INVALID_ARGUMENT    rules that no firewall can have; nothing was done.
  //   NOT_FOUND           a ban for a jail that is not set up (any more).
  //   UNAVAILABLE         another program holds the tables; try again.
  //   PERMISSION_DENIED   a capability is missing; trying again is useless.
  //   RESOURCE_EXHAUSTED  no room for another ban; the others are in force.
  //   FAILED_PRECONDITION a foreign rule leads to a chain that should go; the
  //                       chain is empty, all else is done.
  //   INTERNAL            the kernel refused; the message says what.
  virtual absl::Status Apply(const FirewallChanges& changes,
                             absl::Time now) = 0;

  // Returns what the kernel does now; errors as above. `now` is what the
  // kernel's remaining times are added to; they are whole seconds, so an
  // `expire_time` comes back up to a second off.
  virtual absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                                absl::Time now) = 0;

  // Takes away everything that is ours.
  virtual absl::Status Remove() = 0;

  // Where the kernel tells of changes: a descriptor that becomes readable when
  // something was changed; else -1.
  virtual int news() const { return -1; }

  // Reads the news: whether somebody else has, or may have, changed what is
  // ours since the last call.
  virtual bool SomebodyChanged() { return false; }
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_H_
