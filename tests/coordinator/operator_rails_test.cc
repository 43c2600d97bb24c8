// What operators set beside the configuration, through a DecisionLoop on a real
// store: the pause, the allow list, and undo.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

constexpr char kNeighbour[] = "203.0.113.31";

IpNetwork Network(const char* text) { return IpNetwork::ParseOrDie(text); }

// More than one message to an agent holds.
std::vector<IpNetwork> Monstrous() {
  std::vector<IpNetwork> networks;
  for (uint32_t i = 0; i < 300'000; ++i) {
    const uint8_t bytes[] = {11, static_cast<uint8_t>(i >> 16),
                             static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i)};
    networks.push_back(IpNetwork::FromBytes(bytes, 32));
  }
  return networks;
}

class OperatorRailsTest : public DecisionLoopTest {
 protected:
  absl::Status Pause(const char* reason = "drill") {
    std::optional<absl::Status> answer;
    loop_->PauseEnforcement({.who = "anna", .reason = reason},
                            [&](absl::Status status) { answer = status; });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::Status Resume() {
    std::optional<absl::Status> answer;
    loop_->ResumeEnforcement("anna",
                             [&](absl::Status status) { answer = status; });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  static AllowRequest Request(
      const char* source, absl::Duration duration = absl::InfiniteDuration()) {
    return {.source = source,
            .reason = "office",
            .who = "anna",
            .duration = duration,
            .networks = {Network(source)}};
  }

  absl::StatusOr<DecisionLoop::Allowed> Allow(AllowRequest request) {
    std::optional<absl::StatusOr<DecisionLoop::Allowed>> answer;
    loop_->AllowSource(std::move(request),
                       [&](auto outcome) { answer = std::move(outcome); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::StatusOr<AllowedSource> Disallow(const char* source) {
    std::optional<absl::StatusOr<AllowedSource>> answer;
    loop_->DisallowSource(source, "anna",
                          [&](auto outcome) { answer = std::move(outcome); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::StatusOr<uint64_t> Undo(absl::Duration since, const char* jail = "") {
    std::optional<absl::StatusOr<uint64_t>> answer;
    loop_->UndoBans({clock_.TimeNow() - since, jail}, "anna",
                    [&](auto count) { answer = std::move(count); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  void FailEnough(const char* source) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Report("mx1", ++next_offset_, source).ok());
    }
  }

  Jail InForce() const { return table_->jails()->at("jail"); }
};

TEST_F(OperatorRailsTest, APauseIsOneUpdateOfTheJails) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const uint64_t revision = table_->revision();
  ASSERT_TRUE(Pause().ok());
  EXPECT_EQ(table_->revision(), revision + 1);
  EXPECT_TRUE(InForce().dry_run);
  EXPECT_TRUE(Standing().has_value()) << "it stands, unenforced";
  EXPECT_EQ(loop_->rails()->pause->who, "anna");
  EXPECT_EQ(loop_->rails()->pause->start_time, clock_.TimeNow());
  ASSERT_TRUE(Resume().ok());
  EXPECT_FALSE(InForce().dry_run);
  EXPECT_FALSE(loop_->rails()->pause.has_value());
}

TEST_F(OperatorRailsTest, BansAreDecidedDuringAPause) {
  ASSERT_TRUE(Pause().ok());
  FailEnough(kAttacker);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(OperatorRailsTest, APauseSurvivesAReloadAndARestart) {
  ASSERT_TRUE(Pause().ok());
  Replace(Jails(7));
  EXPECT_TRUE(InForce().dry_run);
  EXPECT_EQ(InForce().max_retry, 7);
  Restart();
  EXPECT_TRUE(InForce().dry_run);
  EXPECT_EQ(loop_->rails()->pause->reason, "drill");
  ASSERT_TRUE(Resume().ok());
  Restart();
  EXPECT_FALSE(InForce().dry_run);
}

TEST_F(OperatorRailsTest, AnotherReasonDoesNotBeginAnotherPause) {
  ASSERT_TRUE(Pause().ok());
  const absl::Time start = clock_.TimeNow();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Pause("worse").ok());
  EXPECT_EQ(loop_->rails()->pause->reason, "worse");
  EXPECT_EQ(loop_->rails()->pause->start_time, start);
}

TEST_F(OperatorRailsTest, ToResumeWhatGoesOnChangesNothing) {
  const uint64_t revision = table_->revision();
  EXPECT_TRUE(Resume().ok());
  EXPECT_EQ(table_->revision(), revision);
}

TEST_F(OperatorRailsTest, AJailThatIsADryRunStaysOneWhenThePauseEnds) {
  auto jails = std::make_shared<JailSet>(*Jails(3));
  jails->at("jail").dry_run = true;
  Replace(jails);
  ASSERT_TRUE(Pause().ok());
  ASSERT_TRUE(Resume().ok());
  EXPECT_TRUE(InForce().dry_run);
}

// Counting again is costly, and would be done while the fleet waits.
TEST_F(OperatorRailsTest, APauseLeavesTheCountsAlone) {
  ASSERT_TRUE(Report("mx1", 1).ok());
  ASSERT_TRUE(Report("mx1", 2).ok());
  const int loads = store_->loads_;
  ASSERT_TRUE(Pause().ok());
  ASSERT_TRUE(Allow(Request("198.51.100.1")).ok());
  ASSERT_TRUE(Report("mx1", 3).ok());
  EXPECT_TRUE(Standing().has_value());
  EXPECT_EQ(store_->loads_, loads);
  Replace(Jails(5));
  loop_->RunTurn();
  EXPECT_EQ(store_->loads_, loads + 1) << "another limit counts otherwise";
}

TEST_F(OperatorRailsTest, APauseThatIsNotDurableHasNotHappened) {
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Pause()));
  EXPECT_FALSE(InForce().dry_run);
  EXPECT_FALSE(loop_->rails()->pause.has_value());
  store_->is_full_ = false;
  EXPECT_TRUE(Pause().ok());
}

TEST_F(OperatorRailsTest, WhatIsAllowedIsNeverCountedNorBanned) {
  ASSERT_TRUE(Allow(Request("203.0.113.0/24")).ok());
  FailEnough(kAttacker);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(loop_->statistics().intake.ignored, 3);
  EXPECT_TRUE(absl::IsFailedPrecondition(Impose(kAttacker).status()));
  EXPECT_EQ(HandOver({LocalBan()})->refused.size(), 1);
  EXPECT_THAT(InForce().ignored_networks, Contains(Network("203.0.113.0/24")))
      << "so that the kernels let it through";
}

TEST_F(OperatorRailsTest, AllowingEndsTheBansThatTouch) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Impose(kNeighbour).ok());
  ASSERT_TRUE(Impose("203.0.113.0/24").ok());
  clock_.Advance(absl::Minutes(1));
  const auto outcome = Allow(Request(kAttacker));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_EQ(outcome->ended.size(), 2);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_FALSE(Standing("203.0.113.0/24").has_value()) << "around it";
  EXPECT_TRUE(Standing(kNeighbour).has_value());
  EXPECT_EQ(store_->Load()->pardons.size(), 2);
  ASSERT_TRUE(Allow(Request("203.0.113.0/24")).ok());
  EXPECT_FALSE(Standing(kNeighbour).has_value()) << "within it";
}

TEST_F(OperatorRailsTest, OneTurnAllowsAndBansInOrder) {
  std::optional<absl::StatusOr<Ban>> late;
  const auto nothing = [](const absl::StatusOr<Ban>&) {};
  loop_->ImposeBan({"jail", Network(kAttacker)}, nothing);
  loop_->AllowSource(Request("203.0.113.0/24"), [](const auto&) {});
  loop_->ImposeBan({"jail", Network(kNeighbour)},
                   [&](absl::StatusOr<Ban> ban) { late = std::move(ban); });
  loop_->RunTurn();
  EXPECT_EQ(table_->size(), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(late->status()));
}

TEST_F(OperatorRailsTest, AReloadCountsFromTheNextTurnOnAnAllowanceAtOnce) {
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  loop_->ReplaceJails(Jails(5), "anna", "", [](const absl::Status&) {});
  loop_->AllowSource(Request(kNeighbour), [](const auto&) {});
  for (const char* source : {kAttacker, kNeighbour}) {
    loop_->ReportFailures(
        ReportOf("mx1",
                 {"jail",
                  "log",
                  {{Network(source), clock_.TimeNow(), ++next_offset_, ""}}}),
        [](const absl::StatusOr<uint64_t>&) {});
  }
  loop_->RunTurn();
  EXPECT_TRUE(Standing().has_value()) << "three are enough until then";
  EXPECT_EQ(loop_->statistics().intake.ignored, 1);
  EXPECT_EQ(InForce().max_retry, 5);
}

TEST_F(OperatorRailsTest, AllowingDropsWhatIsHeld) {
  auto jails = std::make_shared<JailSet>(*Jails(3));
  jails->at("jail").max_ban_rate = 1;
  Replace(jails);
  FailEnough("198.51.100.1");
  FailEnough(kAttacker);
  FailEnough("2001:db8:bad::7");
  ASSERT_EQ(loop_->held_bans().size(), 2);
  ASSERT_TRUE(Allow(Request("203.0.113.0/24")).ok());
  ASSERT_TRUE(Allow(Request("2001:db8:bad::1")).ok());
  EXPECT_EQ(loop_->held_bans().size(), 0);
  EXPECT_TRUE(store_->Load()->held.empty());
}

TEST_F(OperatorRailsTest, WhatIsNoLongerAllowedCountsAgain) {
  ASSERT_TRUE(Allow(Request(kAttacker)).ok());
  const auto gone = Disallow(kAttacker);
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(gone->reason, "office");
  FailEnough(kAttacker);
  EXPECT_TRUE(Standing().has_value());
  EXPECT_EQ(Disallow(kAttacker).status(),
            absl::NotFoundError("203.0.113.30 is not on the allow list"));
}

TEST_F(OperatorRailsTest, AnEntryGoesWithItsTime) {
  ASSERT_TRUE(Allow(Request(kAttacker, absl::Hours(1))).ok());
  EXPECT_EQ(loop_->rails()->allowed.at(kAttacker).expire_time,
            clock_.TimeNow() + absl::Hours(1));
  Wait(absl::Minutes(59));
  EXPECT_EQ(loop_->rails()->allowed.size(), 1);
  Wait(absl::Minutes(1));
  EXPECT_TRUE(loop_->rails()->allowed.empty());
  EXPECT_THAT(InForce().ignored_networks, Not(Contains(Network(kAttacker))));
  Restart();
  EXPECT_TRUE(loop_->rails()->allowed.empty());
}

TEST_F(OperatorRailsTest, AllowingAgainReplacesReasonAndEnd) {
  ASSERT_TRUE(Allow(Request(kAttacker, absl::Hours(1))).ok());
  AllowRequest longer = Request(kAttacker);
  longer.reason = "for good";
  ASSERT_TRUE(Allow(longer).ok());
  Wait(absl::Hours(2));
  EXPECT_EQ(loop_->rails()->allowed.at(kAttacker).reason, "for good");
}

TEST_F(OperatorRailsTest, TheAllowListSurvivesReloadAndRestart) {
  ASSERT_TRUE(Allow(Request("203.0.113.0/24")).ok());
  Replace(Jails(5));
  EXPECT_THAT(InForce().ignored_networks, Contains(Network("203.0.113.0/24")));
  Restart();
  EXPECT_THAT(InForce().ignored_networks, Contains(Network("203.0.113.0/24")));
  EXPECT_EQ(loop_->rails()->allowed.at("203.0.113.0/24").who, "anna");
}

TEST_F(OperatorRailsTest, WhatANameComesToIsRefreshed) {
  AllowRequest name = Request(kAttacker);
  name.source = "mx";
  ASSERT_TRUE(Allow(name).ok());
  ASSERT_TRUE(Impose(kNeighbour).ok());
  std::optional<absl::Status> answer;
  loop_->RefreshAllowed(
      {{"mx", {Network(kNeighbour)}}, {"gone", {Network("198.51.100.1")}}},
      [&](absl::Status status) { answer = status; });
  loop_->RunTurn();
  EXPECT_TRUE(answer->ok());
  EXPECT_FALSE(Standing(kNeighbour).has_value());
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(Network("192.0.2.0/24"), Network(kNeighbour)));
  Restart();
  EXPECT_THAT(loop_->rails()->allowed.at("mx").networks,
              ElementsAre(Network(kNeighbour)))
      << "known without asking anybody";
}

TEST_F(OperatorRailsTest, TheAllowListIsBounded) {
  StoreChange change;
  change.revision = table_->revision();
  for (size_t i = 0; i < kMaxAllowed; ++i) {
    const std::string source = absl::StrCat("11.0.", i / 256, ".", i % 256);
    change.allowed.push_back({.source = source,
                              .create_time = clock_.TimeNow(),
                              .networks = {Network(source.c_str())}});
  }
  ASSERT_TRUE(store_->Commit(change).ok());
  Restart();
  ASSERT_EQ(loop_->rails()->allowed.size(), kMaxAllowed);
  EXPECT_TRUE(absl::IsResourceExhausted(Allow(Request(kAttacker)).status()));
  EXPECT_TRUE(Allow(Request("11.0.0.0")).ok()) << "it is on it already";
}

TEST_F(OperatorRailsTest, WhatAgentsCouldNotBeToldIsRefused) {
  AllowRequest monstrous = Request(kAttacker);
  monstrous.networks = Monstrous();
  EXPECT_TRUE(absl::IsResourceExhausted(Allow(monstrous).status()));
  EXPECT_TRUE(loop_->rails()->allowed.empty());
}

// The jails in force stay, and all else goes on, pauses above all.
TEST_F(OperatorRailsTest, AnEntryWithoutWhichAllIsTooLargeStays) {
  ASSERT_TRUE(Allow(Request("11.0.0.0/8", absl::Hours(1))).ok());
  AllowRequest many = Request("11.0.0.0/8");
  many.source = "file:/inventory";
  many.networks = Monstrous();
  ASSERT_TRUE(Allow(many).ok()) << "the wide one covers them";
  Wait(absl::Hours(2));
  EXPECT_TRUE(loop_->rails()->allowed.contains("11.0.0.0/8"));
  EXPECT_TRUE(Report("mx1", ++next_offset_).ok());
  EXPECT_TRUE(Pause().ok());
  ASSERT_TRUE(Disallow("file:/inventory").ok());
  Wait(absl::Minutes(1));
  EXPECT_TRUE(loop_->rails()->allowed.empty());
}

TEST_F(OperatorRailsTest, UndoPardonsWhatWasImposedLately) {
  FailEnough("198.51.100.1");
  clock_.Advance(absl::Minutes(20));
  FailEnough(kAttacker);
  ASSERT_TRUE(HandOver({[&] {
                Ban ban = LocalBan(kNeighbour);
                ban.create_time = clock_.TimeNow();
                return ban;
              }()})
                  .ok());
  ASSERT_TRUE(Impose("203.0.113.32").ok());
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(*Undo(absl::Minutes(10), "other"), 0);
  EXPECT_EQ(*Undo(absl::Minutes(10)), 2);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_FALSE(Standing(kNeighbour).has_value());
  EXPECT_TRUE(Standing("198.51.100.1").has_value()) << "older";
  EXPECT_TRUE(Standing("203.0.113.32").has_value()) << "an operator's";
  EXPECT_EQ(store_->Load()->pardons.size(), 2);
  EXPECT_EQ(*Undo(absl::Minutes(10)), 0);
  EXPECT_EQ(*Undo(absl::Hours(1), "jail"), 1);
}

TEST_F(OperatorRailsTest, EveryDecisionOfAnOperatorIsAudited) {
  ASSERT_TRUE(Impose(kNeighbour).ok());
  ASSERT_TRUE(Pardon(kNeighbour).ok());
  ASSERT_TRUE(Pause().ok());
  ASSERT_TRUE(Resume().ok());
  FailEnough(kAttacker);
  ASSERT_EQ(*Undo(absl::Minutes(1)), 1);
  ASSERT_TRUE(Allow(Request(kAttacker)).ok());
  ASSERT_TRUE(Disallow(kAttacker).ok());
  loop_->ReplaceJails(Jails(4), "anna", "", [](const absl::Status&) {});
  loop_->RunTurn();
  std::vector<std::string> actions;
  for (const AuditRecord& record : store_->audit_) {
    if (record.who == kMxban) continue;
    actions.push_back(
        absl::StrCat(record.who, " ", record.action, " ", record.source));
  }
  EXPECT_THAT(
      actions,
      ElementsAre("operator ban 203.0.113.31", "operator unban 203.0.113.31",
                  "anna pause ", "anna resume ", "anna undo 203.0.113.30",
                  "anna allow 203.0.113.30", "anna disallow 203.0.113.30",
                  "anna reload "));
}

}  // namespace
}  // namespace mxban
