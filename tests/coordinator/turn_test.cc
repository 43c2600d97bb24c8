#include "coordinator/turn.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};

Ban SomeBan(absl::Time expire_time) {
  Ban ban;
  ban.key = kKey;
  ban.expire_time = expire_time;
  return ban;
}

class TurnTest : public testing::Test {
 protected:
  TurnTest() {
    table_.Load(5, std::make_shared<JailSet>(),
                {SomeBan(kNoon + absl::Hours(1))});
  }

  BanTable table_;
};

TEST_F(TurnTest, NothingToDoIsNothingToStore) {
  Turn turn(table_, kNoon);
  EXPECT_FALSE(turn.ToStoreChange().has_value());
}

TEST_F(TurnTest, AnImposedBanTakesTheNextRevision) {
  Turn turn(table_, kNoon);
  turn.imposed[kKey] = SomeBan(kNoon + absl::Hours(2));
  EXPECT_EQ(turn.ToStoreChange()->revision, 6);
  EXPECT_EQ(turn.ToUpdate().revision, 6);
  EXPECT_EQ(turn.ToUpdate().changes[0].ban.revision, 6);
}

TEST_F(TurnTest, AnExpiredBanTakesNoRevision) {
  Turn turn(table_, kNoon + absl::Hours(1));
  turn.Expire();
  EXPECT_EQ(turn.ToStoreChange()->revision, 5);
  EXPECT_EQ(turn.ToUpdate().changes.size(), 1);
  EXPECT_FALSE(turn.Standing(kKey).has_value());
}

TEST_F(TurnTest, ABanPardonedInTheTurnThatImposedItIsGone) {
  Turn turn(table_, kNoon);
  const BanKey other = {"jail", IpNetwork::ParseOrDie("203.0.113.31")};
  turn.imposed[other] = SomeBan(kNoon + absl::Hours(2));
  ASSERT_EQ(turn.Covering(other.source, "").size(), 1);
  Ban ban = turn.Covering(other.source, "")[0];
  ban.key = other;
  turn.Pardon(ban);
  EXPECT_FALSE(turn.Standing(other).has_value());
  EXPECT_TRUE(turn.ToStoreChange()->imposed.empty());
}

TEST_F(TurnTest, ASourceBannedAgainAfterAPardonStandsAgain) {
  Turn turn(table_, kNoon);
  turn.Pardon(*turn.Standing(kKey));
  EXPECT_FALSE(turn.Standing(kKey).has_value());
  turn.imposed[kKey] = SomeBan(kNoon + absl::Hours(2));
  EXPECT_TRUE(turn.Standing(kKey).has_value());
  const BanTable::Update update = turn.ToUpdate();
  ASSERT_EQ(update.changes.size(), 2);
  EXPECT_EQ(update.changes[0].kind, BanTable::ChangeKind::kPardoned);
  EXPECT_EQ(update.changes[1].kind, BanTable::ChangeKind::kImposed);
}

TEST_F(TurnTest, APardonIsOfTheHistoryToo) {
  Turn turn(table_, kNoon);
  const BanCounts stored = {.in_jail = 2, .in_all_jails = 5};
  EXPECT_EQ(turn.Remembered(kKey, stored).in_jail, 2);
  turn.Pardon(*turn.Standing(kKey));
  EXPECT_EQ(turn.Remembered(kKey, stored).in_jail, 0);
  EXPECT_EQ(turn.Remembered(kKey, stored).in_all_jails, 3);
  const std::optional<StoreChange> change = turn.ToStoreChange();
  ASSERT_EQ(change->pardoned.size(), 1);
  EXPECT_EQ(change->pardoned[0].key, kKey);
  EXPECT_EQ(change->pardoned[0].time, kNoon);
}

TEST_F(TurnTest, AnExpiryIsNoPardon) {
  Turn turn(table_, kNoon + absl::Hours(1));
  turn.Expire();
  EXPECT_EQ(turn.Remembered(kKey, {2, 5}).in_jail, 2);
  EXPECT_TRUE(turn.ToStoreChange()->pardoned.empty());
}

TEST_F(TurnTest, ABanWhoseTimeIsOverStandsNoLonger) {
  Turn turn(table_, kNoon + absl::Hours(1));
  EXPECT_FALSE(turn.Standing(kKey).has_value());
  EXPECT_TRUE(turn.Covering(kKey.source, "").empty());
}

TEST_F(TurnTest, WhatIsHeldIsStoredAndNeedsNoRevision) {
  Turn turn(table_, kNoon);
  const BanKey other = {"other", kKey.source};
  turn.held[kKey] = HeldBan{SomeBan(kNoon + absl::Hours(1)), "maxbanrate"};
  turn.held[other].reset();
  const auto change = turn.ToStoreChange();
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->revision, 5) << "agents hear nothing of it";
  ASSERT_EQ(change->held.size(), 1);
  EXPECT_EQ(change->held[0].hold_reason, "maxbanrate");
  EXPECT_EQ(change->not_held, std::vector<BanKey>{other});
}

TEST_F(TurnTest, WhoeverIsForgivenHasNoEarlierBans) {
  Turn turn(table_, kNoon);
  turn.dropped.insert(kKey);
  EXPECT_EQ(turn.Remembered(kKey, {.in_jail = 2, .in_all_jails = 5}).in_jail,
            0);
  const auto change = turn.ToStoreChange();
  ASSERT_EQ(change->pardoned.size(), 1);
  EXPECT_EQ(change->pardoned[0].key, kKey);
  EXPECT_TRUE(change->lifted.empty()) << "it was not banned";
}

TEST_F(TurnTest, WhatOperatorsSetIsStored) {
  Turn turn(table_, kNoon);
  turn.allowed["new"] = AllowedSource{.source = "new"};
  turn.allowed["gone"].reset();
  turn.pause.emplace(Pause{"anna", "drill", kNoon});
  const auto change = turn.ToStoreChange();
  ASSERT_EQ(change->allowed.size(), 1);
  EXPECT_EQ(change->allowed[0].source, "new");
  EXPECT_EQ(change->disallowed, std::vector<std::string>{"gone"});
  EXPECT_EQ((*change->pause)->reason, "drill");
}

}  // namespace
}  // namespace mxban
