#ifndef MXBAN_TESTS_AGENT_ENFORCER_FIXTURE_H_
#define MXBAN_TESTS_AGENT_ENFORCER_FIXTURE_H_

// An enforcer over a made-up firewall, which spares 192.0.2.0/24.

#include <utility>
#include <vector>

#include "agent/enforcer.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {

inline const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
inline const IpNetwork kOther = IpNetwork::ParseOrDie("2001:db8:bad::/64");

inline Jail SomeJail(const char* name = "jail") {
  Jail jail;
  jail.name = name;
  jail.enforcement.name = name;
  jail.enforcement.ports = {{25, 25}};
  return jail;
}

class EnforcerTest : public testing::Test {
 protected:
  EnforcerTest()
      : enforcer_(firewall_, clock_, {IpNetwork::ParseOrDie("192.0.2.0/24")}) {
    enforcer_.SetReportCallback(
        [this](const Enforcer::Report& report) { reports_.push_back(report); });
  }

  StandingBan Ban(const IpNetwork& source,
                  absl::Duration duration = absl::Hours(8)) {
    return {{"jail", source}, clock_.TimeNow() + duration};
  }

  // The first complete set, as after connecting.
  void Begin(std::vector<StandingBan> bans = {}) {
    enforcer_.SetJails({SomeJail()});
    enforcer_.AddSnapshotPart({std::move(bans), true, true}, "history", 1);
    enforcer_.Step();
  }

  std::vector<IpNetwork> Refused(const char* jail = "jail") {
    const FirewallState state =
        *firewall_.Inspect(InspectDepth::kRulesAndBans, clock_.TimeNow());
    std::vector<IpNetwork> sources;
    const auto found = state.find(jail);
    if (found == state.end()) return sources;
    for (const auto& [source, end] : found->second.bans) {
      sources.push_back(source);
    }
    return sources;
  }

  FakeClock clock_;
  FakeFirewall firewall_;
  std::vector<Enforcer::Report> reports_;
  Enforcer enforcer_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_ENFORCER_FIXTURE_H_
