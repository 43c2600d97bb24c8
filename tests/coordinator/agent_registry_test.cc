#include "coordinator/agent_registry.h"

#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

AgentInfo Named(const char* name) {
  AgentInfo agent;
  agent.server_name = name;
  return agent;
}

Ban OfRevision(uint64_t revision) {
  Ban ban;
  ban.revision = revision;
  return ban;
}

class AgentRegistryTest : public testing::Test {
 protected:
  void Decide(uint64_t revision) {
    registry_.OnUpdate({revision, kNoon, nullptr, {}});
  }

  AgentRegistry registry_{5};
};

TEST_F(AgentRegistryTest, CountsWhereABanStands) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  const uint64_t mx2 = registry_.Connect(Named("mx2"), kNoon);
  Decide(6);
  registry_.Acknowledge("mx1", mx1, {6}, kNoon + absl::Milliseconds(2));
  EXPECT_EQ(registry_.ProgressOf(OfRevision(6)).enforcing_servers, 1);
  EXPECT_EQ(registry_.ProgressOf(OfRevision(6)).servers, 2);
  registry_.Acknowledge("mx2", mx2, {6}, kNoon + absl::Milliseconds(9));
  EXPECT_EQ(registry_.ProgressOf(OfRevision(6)).enforcing_servers, 2);
  EXPECT_EQ(registry_.ProgressOf(OfRevision(6)).slowest, absl::Milliseconds(9));
}

TEST_F(AgentRegistryTest, ALateComerIsNotTheSlowest) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  Decide(6);
  registry_.Acknowledge("mx1", mx1, {6}, kNoon + absl::Milliseconds(2));
  const uint64_t mx2 = registry_.Connect(Named("mx2"), kNoon + absl::Hours(1));
  registry_.Acknowledge("mx2", mx2, {6}, kNoon + absl::Hours(1));
  EXPECT_EQ(registry_.ProgressOf(OfRevision(6)).slowest, absl::Milliseconds(2));
}

TEST_F(AgentRegistryTest, NobodyEnforcesWhatWasNotDecided) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  registry_.Acknowledge("mx1", mx1, {1'000}, kNoon);
  EXPECT_EQ(registry_.List("", 1)[0].enforced_revision, 5);
}

TEST_F(AgentRegistryTest, AnErrorStaysUntilItIsMended) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  registry_.Acknowledge("mx1", mx1,
                        {0, absl::ResourceExhaustedError("set full"), "ipset"},
                        kNoon);
  EXPECT_EQ(registry_.List("", 1)[0].status,
            absl::ResourceExhaustedError("set full"));
  EXPECT_EQ(registry_.List("", 1)[0].firewall, "ipset");
  EXPECT_EQ(registry_.GetTotals().current, 0);
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  EXPECT_EQ(registry_.List("", 1)[0].status, absl::OkStatus());
  EXPECT_EQ(registry_.GetTotals().current, 1);
}

TEST_F(AgentRegistryTest, TheEndOfAnOldStreamLeavesItsSuccessorAlone) {
  const uint64_t old_stream = registry_.Connect(Named("mx1"), kNoon);
  const uint64_t new_stream = registry_.Connect(Named("mx1"), kNoon);
  registry_.Disconnect("mx1", old_stream, kNoon);
  EXPECT_EQ(registry_.GetTotals().connected, 1);
  registry_.Disconnect("mx1", new_stream, kNoon);
  EXPECT_EQ(registry_.GetTotals().connected, 0);
  EXPECT_EQ(registry_.GetTotals().agents, 1) << "still remembered";
}

TEST_F(AgentRegistryTest, TellsWhenTheLastServerEnforces) {
  std::vector<uint64_t> enforced;
  registry_.SetEnforcedCallback(
      [&](uint64_t revision, absl::Time) { enforced.push_back(revision); });
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  const uint64_t mx2 = registry_.Connect(Named("mx2"), kNoon);
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  registry_.Acknowledge("mx2", mx2, {5}, kNoon);
  Decide(6);
  Decide(7);
  registry_.Acknowledge("mx1", mx1, {7}, kNoon);
  EXPECT_TRUE(enforced.empty());
  registry_.Acknowledge("mx2", mx2, {7}, kNoon);
  EXPECT_EQ(enforced, (std::vector<uint64_t>{7}));
}

TEST_F(AgentRegistryTest, NobodyWaitsForAServerThatHasLeft) {
  std::vector<uint64_t> enforced;
  registry_.SetEnforcedCallback(
      [&](uint64_t revision, absl::Time) { enforced.push_back(revision); });
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  const uint64_t mx2 = registry_.Connect(Named("mx2"), kNoon);
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  registry_.Acknowledge("mx2", mx2, {5}, kNoon);
  Decide(6);
  registry_.Acknowledge("mx1", mx1, {6}, kNoon);
  EXPECT_TRUE(enforced.empty());
  registry_.Disconnect("mx2", mx2, kNoon);
  EXPECT_EQ(enforced, (std::vector<uint64_t>{6}));
}

TEST_F(AgentRegistryTest, RemembersSinceWhenAServerEnforcesABan) {
  uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  registry_.Connect(Named("mx2"), kNoon);
  Decide(6);
  Decide(7);
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  registry_.Acknowledge("mx1", mx1, {7}, kNoon + absl::Seconds(1));
  // The kernel goes on while its agent comes and goes.
  registry_.Disconnect("mx1", mx1, kNoon + absl::Hours(1));
  mx1 = registry_.Connect(Named("mx1"), kNoon + absl::Hours(2));
  EXPECT_EQ(registry_.EnforcementOf(OfRevision(6)).missing.size(), 2);
  registry_.Acknowledge("mx1", mx1, {7}, kNoon + absl::Hours(2));
  const auto enforcement = registry_.EnforcementOf(OfRevision(6));
  ASSERT_EQ(enforcement.enforcing.size(), 1);
  EXPECT_EQ(enforcement.enforcing[0].name, "mx1");
  EXPECT_EQ(enforcement.enforcing[0].since, kNoon + absl::Seconds(1));
  EXPECT_EQ(enforcement.missing, (std::vector<std::string>{"mx2"}));
}

TEST_F(AgentRegistryTest, DoesNotKnowSinceWhenAnOldBanIsEnforced) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  const auto enforcement = registry_.EnforcementOf(OfRevision(5));
  ASSERT_EQ(enforcement.enforcing.size(), 1);
  EXPECT_FALSE(enforcement.enforcing[0].since.has_value());
}

TEST_F(AgentRegistryTest, RemembersAHundredAcknowledgements) {
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  for (uint64_t revision = 6; revision <= 106; ++revision) {
    Decide(revision);
    registry_.Acknowledge("mx1", mx1, {revision},
                          kNoon + absl::Seconds(revision));
  }
  const auto since = [&](uint64_t revision) {
    return registry_.EnforcementOf(OfRevision(revision)).enforcing[0].since;
  };
  EXPECT_EQ(since(106), kNoon + absl::Seconds(106));
  EXPECT_EQ(since(7), kNoon + absl::Seconds(7));
  EXPECT_FALSE(since(6).has_value());
}

TEST_F(AgentRegistryTest, LagIsThatOfTheOldestRevisionThatIsMissing) {
  const auto lag = [&](absl::Duration later) {
    return registry_.LagOf(registry_.List("", 1).at(0), kNoon + later);
  };
  const uint64_t mx1 = registry_.Connect(Named("mx1"), kNoon);
  EXPECT_EQ(lag(absl::Seconds(3)), absl::Seconds(3)) << "has said nothing yet";
  registry_.Acknowledge("mx1", mx1, {5}, kNoon);
  EXPECT_EQ(lag(absl::Hours(1)), absl::ZeroDuration());
  for (const uint64_t revision : {uint64_t{6}, uint64_t{7}}) {
    registry_.OnUpdate(
        {revision, kNoon + absl::Seconds(revision), nullptr, {}});
  }
  EXPECT_EQ(lag(absl::Seconds(10)), absl::Seconds(4));
  registry_.Acknowledge("mx1", mx1, {6}, kNoon + absl::Seconds(10));
  EXPECT_EQ(lag(absl::Seconds(10)), absl::Seconds(3));
  registry_.Acknowledge("mx1", mx1, {7}, kNoon + absl::Seconds(10));
  EXPECT_EQ(lag(absl::Seconds(10)), absl::ZeroDuration());
}

TEST_F(AgentRegistryTest, ObservesHowLongEachServerTook) {
  for (const char* name : {"mx1", "mx2"}) {
    const uint64_t ticket = registry_.Connect(Named(name), kNoon);
    registry_.Acknowledge(name, ticket, {5}, kNoon);
  }
  Decide(6);
  registry_.Acknowledge("mx1", 1, {6}, kNoon + absl::Milliseconds(2));
  registry_.Acknowledge("mx2", 2, {6}, kNoon + absl::Milliseconds(4));
  const auto seconds = registry_.spread_seconds().Collect().histogram;
  EXPECT_EQ(seconds.sample_count, 2);
  EXPECT_NEAR(seconds.sample_sum, 0.006, 1e-9);
}

}  // namespace
}  // namespace mxban
