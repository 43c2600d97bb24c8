#ifndef MXBAN_TESTS_AGENT_LOCAL_BANS_FIXTURE_H_
#define MXBAN_TESTS_AGENT_LOCAL_BANS_FIXTURE_H_

// Local bans of a jail with 3 failures within 10 minutes, with a real enforcer
// and a real outbox.

#include <optional>
#include <string>
#include <vector>

#include "agent/local_bans.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {

inline const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");

class LocalBansTest : public testing::Test {
 protected:
  LocalBansTest() {
    jail_.name = jail_.enforcement.name = "jail";
    jail_.enforcement.ports = {{25, 25}};
    jail_.max_retry = 3;
    jail_.find_time = absl::Minutes(10);
    jail_.ban_time = absl::Hours(1);
    jail_.ignored_networks = {IpNetwork::ParseOrDie("192.0.2.0/28")};
    enforcer_.SetJails({jail_});
    Tell({}, 1);
    local_bans_.emplace(outbox_, enforcer_, fleet_clock_);
  }

  // What the coordinator says.
  void Tell(std::vector<StandingBan> bans, uint64_t revision) {
    enforcer_.AddSnapshotPart({std::move(bans), true, true}, "history",
                              revision);
  }

  // A line of `log` at the next offset tells a failure, as the watcher counts
  // and reports it.
  void Fail(const std::string& source, absl::Duration age = {},
            const std::string& log = "log", const std::string& user = "") {
    FailAt(source, age, log, offset_ += 100, user);
  }

  void FailAt(const std::string& source, absl::Duration age,
              const std::string& log, uint64_t offset,
              const std::string& user = "") {
    const Failure failure = {.source = IpNetwork::ParseOrDie(source),
                             .time = clock_.TimeNow() - age,
                             .end_offset = offset,
                             .evidence = "evidence",
                             .user = user};
    local_bans_->Count(jail_, log, {failure});
    outbox_.Add("jail", log, {failure});
  }

  // A line at the next offset tells a right login.
  void LogIn(const std::string& source, const std::string& user) {
    const RightLogin login = {.source = IpNetwork::ParseOrDie(source),
                              .time = clock_.TimeNow(),
                              .end_offset = offset_ += 100,
                              .user = user};
    local_bans_->Count(jail_, "log", {login});
    outbox_.Add("jail", "log", {login});
  }

  void Fail(const IpNetwork& source, int times) {
    for (int i = 0; i < times; ++i) Fail(source.ToString());
  }

  // The sources that the kernel refuses.
  std::vector<std::string> Refused() {
    enforcer_.Step();
    const FirewallState state =
        *firewall_.Inspect(InspectDepth::kRulesAndBans, fleet_clock_.TimeNow());
    std::vector<std::string> sources;
    for (const auto& [source, end] : state.at("jail").bans) {
      sources.push_back(source.ToString());
    }
    return sources;
  }

  // The only local ban.
  Ban TheBan() {
    const std::vector<Ban> bans = local_bans_->bans();
    EXPECT_EQ(bans.size(), 1);
    return bans.empty() ? Ban() : bans[0];
  }

  // The coordinator takes over all that there is.
  void HandOver(uint64_t revision, const std::vector<BanKey>& refused = {}) {
    local_bans_->HandedOver(local_bans_->ToHandOver(1000), "history", revision,
                            refused);
  }

  Jail jail_;
  FakeClock clock_;
  FleetClock fleet_clock_{clock_};
  FakeFirewall firewall_;
  FailureOutbox outbox_{100'000};
  Enforcer enforcer_{firewall_, fleet_clock_, {}};
  std::optional<LocalBans> local_bans_;
  uint64_t offset_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_LOCAL_BANS_FIXTURE_H_
