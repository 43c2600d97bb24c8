#ifndef MXBAN_TESTS_SYSTEM_FIREWALL_LAB_H_
#define MXBAN_TESTS_SYSTEM_FIREWALL_LAB_H_

// A mail relay with a firewall, and a client that has all the addresses a test
// bans: the smallest network in which a ban can be felt.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/firewall/firewall.h"
#include "tests/system/network_lab.h"

namespace mxban {

// Hands every call to a firewall that lives on a host of the lab.
class HostFirewall final : public Firewall {
 public:
  using Opener = std::function<std::unique_ptr<Firewall>()>;

  // Calls `open` on `host`. The lab must outlive this.
  HostFirewall(NetworkLab& network, std::string host, const Opener& open);

  std::string name() const override { return firewall_->name(); }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;
  int news() const override { return firewall_->news(); }
  bool SomebodyChanged() override { return firewall_->SomebodyChanged(); }

 private:
  NetworkLab& network_;
  const std::string host_;
  std::unique_ptr<Firewall> firewall_;
};

// What a jail should be like: its rules and its bans.
struct WantedJail {
  JailRules rules;
  std::vector<FirewallBan> bans;
};

// Rules for the mail ports, and bans without end.
JailRules MailRules(std::string name);
FirewallBan BanOf(absl::string_view source, std::string jail = "smtp",
                  absl::Time expire_time = absl::InfiniteFuture());
FirewallChanges Imposing(std::initializer_list<absl::string_view> sources);
FirewallChanges Lifting(std::initializer_list<absl::string_view> sources);

// What it takes to get from `state` to `wanted`: the Enforcer's job in small.
FirewallChanges Difference(const std::vector<WantedJail>& wanted,
                           const FirewallState& state, absl::Time now);

class FirewallLab {
 public:
  static constexpr char kRelay[] = "relay";    // 192.0.2.1, 2001:db8::1
  static constexpr char kClient[] = "client";  // All of the following:
  static constexpr char kSpammer[] = "198.51.100.7";
  static constexpr char kNeighbour[] = "198.51.100.8";
  static constexpr char kStranger[] = "203.0.113.9";
  static constexpr char kSpammer6[] = "2001:db8:7::1";
  static constexpr char kNeighbour6[] = "2001:db8:7::2";  // In the same /64.
  static constexpr char kStranger6[] = "2001:db8:9::1";

  // `kind` is `ipset`, `iptables` or `nftables`; `max_bans` that of the
  // backend, or 0 for its own. The relay listens on 25, 465, 587 and 2525.
  explicit FirewallLab(const std::string& kind, size_t max_bans = 0);

  NetworkLab& network() { return network_; }
  Firewall& firewall() { return *firewall_; }

  // A second instance, as after a restart.
  std::unique_ptr<Firewall> OpenAgain();

  // The same for a thread that is on the relay already.
  std::unique_ptr<Firewall> OpenHere() { return opener_(); }

  absl::Status Apply(const FirewallChanges& changes) {
    return firewall_->Apply(changes, absl::Now());
  }
  absl::Status SetUp(const JailRules& rules);

  // Ends the test process if it fails.
  FirewallState Inspect(InspectDepth depth = InspectDepth::kRulesAndBans);

  // Connects from one of the client's addresses to the relay.
  NetworkLab::Outcome TryConnect(const std::string& source, uint16_t port = 25,
                                 absl::Duration patience = absl::Seconds(2));

  // Everything that the kernel of the relay has for any backend, as its
  // programs show it.
  std::string Everything() {
    return OnRelay(
        "iptables-legacy -S; ip6tables-legacy -S; ipset list; "
        "nft list ruleset 2>&1");
  }

  // Runs a command on the relay, which must succeed: its output.
  std::string OnRelay(const std::string& command) {
    return network_.MustShell(kRelay, command);
  }

 private:
  NetworkLab network_;
  HostFirewall::Opener opener_;
  std::unique_ptr<Firewall> firewall_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_FIREWALL_LAB_H_
