#include "coordinator/held_bans.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

HeldBan Held(const char* source, absl::Time create_time = kNoon,
             const char* jail = "jail") {
  HeldBan held;
  held.ban.key = {jail, IpNetwork::ParseOrDie(source)};
  held.ban.create_time = create_time;
  held.ban.expire_time = create_time + absl::Hours(8);
  held.ban.failure_count = 3;
  held.hold_reason = "maxbanrate";
  return held;
}

class HeldBansTest : public testing::Test {
 protected:
  Turn TurnAt(absl::Time now) const { return Turn(table_, now); }

  void Hold(const std::vector<HeldBan>& held) {
    Turn turn = TurnAt(kNoon);
    for (const HeldBan& one : held) turn.held[one.ban.key] = one;
    held_.Bound(turn);
    held_.Publish(turn);
  }

  std::vector<std::string> Sources() const {
    std::vector<std::string> sources;
    for (const HeldBan& held : held_.List(std::nullopt, 100)) {
      sources.push_back(held.ban.key.source.ToString());
    }
    return sources;
  }

  BanTable table_;
  HeldBans held_{3};
};

TEST_F(HeldBansTest, ATurnSeesWhatItChanges) {
  const HeldBan held = Held("203.0.113.1");
  Turn turn = TurnAt(kNoon);
  turn.held[held.ban.key] = held;
  EXPECT_TRUE(held_.Find(turn, held.ban.key).has_value());
  EXPECT_FALSE(held_.Find(held.ban.key).has_value()) << "not durable yet";
  held_.Publish(turn);
  EXPECT_EQ(held_.Find(held.ban.key)->hold_reason, "maxbanrate");
  Turn later = TurnAt(kNoon);
  later.held[held.ban.key].reset();
  EXPECT_FALSE(held_.Find(later, held.ban.key).has_value());
  EXPECT_TRUE(held_.Select(later, {}).empty());
}

TEST_F(HeldBansTest, GoesWhenTheBanWouldBeOver) {
  Hold({Held("203.0.113.1")});
  EXPECT_EQ(held_.NextExpiry(), kNoon + absl::Hours(8));
  Turn turn = TurnAt(kNoon + absl::Hours(8));
  EXPECT_FALSE(held_.Find(turn, Held("203.0.113.1").ban.key).has_value());
  EXPECT_TRUE(held_.Select(turn, {}).empty());
  held_.Bound(turn);
  EXPECT_EQ(turn.ToStoreChange()->not_held.size(), 1);
  held_.Publish(turn);
  EXPECT_EQ(held_.size(), 0);
  EXPECT_EQ(held_.NextExpiry(), absl::InfiniteFuture());
}

TEST_F(HeldBansTest, TheOldestGoFirstWhenThereAreTooMany) {
  Hold({Held("203.0.113.1", kNoon - absl::Minutes(1)),
        Held("203.0.113.2", kNoon - absl::Minutes(3)),
        Held("203.0.113.3", kNoon - absl::Minutes(2))});
  Hold({Held("203.0.113.4"), Held("203.0.113.1")});
  EXPECT_EQ(Sources(), (std::vector<std::string>{"203.0.113.1", "203.0.113.3",
                                                 "203.0.113.4"}));
}

TEST_F(HeldBansTest, OneTurnCannotHoldTooMany) {
  std::vector<HeldBan> many;
  for (int i = 0; i < 10; ++i) {
    many.push_back(Held(absl::StrCat("203.0.113.", i).c_str()));
  }
  Hold(many);
  EXPECT_EQ(held_.size(), 3);
}

TEST_F(HeldBansTest, IsListedInPages) {
  Hold({Held("203.0.113.1"), Held("203.0.113.2"),
        Held("203.0.113.1", kNoon, "other")});
  const std::vector<HeldBan> first = held_.List(std::nullopt, 2);
  ASSERT_EQ(first.size(), 2);
  EXPECT_EQ(first[1].ban.key.source.ToString(), "203.0.113.2");
  const std::vector<HeldBan> second = held_.List(first[1].ban.key, 2);
  ASSERT_EQ(second.size(), 1);
  EXPECT_EQ(second[0].ban.key.jail, "other");
}

TEST_F(HeldBansTest, IsSelectedBySourceAndJail) {
  Hold({Held("203.0.113.1"), Held("2001:db8::/64"),
        Held("203.0.113.1", kNoon, "other")});
  const auto count = [&](const HeldSelection& selection) {
    return held_.Select(TurnAt(kNoon), selection).size();
  };
  EXPECT_EQ(count({}), 3);
  EXPECT_EQ(count({IpNetwork::ParseOrDie("203.0.113.1"), ""}), 2);
  EXPECT_EQ(count({IpNetwork::ParseOrDie("203.0.113.1"), "other"}), 1);
  EXPECT_EQ(count({IpNetwork::ParseOrDie("2001:db8::7"), ""}), 1);
  EXPECT_EQ(count({std::nullopt, "gone"}), 0);
  EXPECT_EQ(held_.CountSources({}), 2);
}

TEST_F(HeldBansTest, ARefreshedOneIsKnownBetterAndHeldNoLonger) {
  HeldBan held = Held("203.0.113.1");
  held.ban.servers = {"mx2"};
  held.ban.evidence = std::vector<std::string>(kMaxEvidence, "old");
  Ban later = held.ban;
  later.create_time += absl::Hours(1);
  later.expire_time += absl::Hours(1);
  later.servers = {"mx1", "mx2"};
  later.evidence = {"new"};
  const HeldBan refreshed = Refreshed(held, later);
  EXPECT_EQ(refreshed.ban.failure_count, 6);
  EXPECT_EQ(refreshed.ban.servers, (std::vector<std::string>{"mx1", "mx2"}));
  EXPECT_EQ(refreshed.ban.evidence.size(), kMaxEvidence);
  EXPECT_EQ(refreshed.ban.evidence.back(), "new");
  EXPECT_EQ(refreshed.ban.expire_time, held.ban.expire_time);
}

TEST_F(HeldBansTest, AReleasedOneLastsAsLongFromNow) {
  HeldBan held = Held("203.0.113.1");
  held.ban.origin = BanOrigin::kLocal;
  const absl::Time later = kNoon + absl::Hours(2);
  const Ban ban = Released(held, later);
  EXPECT_EQ(ban.create_time, later);
  EXPECT_EQ(ban.expire_time, later + absl::Hours(8));
  EXPECT_EQ(ban.origin, BanOrigin::kCounted);
  held.ban.expire_time = absl::InfiniteFuture();
  EXPECT_EQ(Released(held, later).expire_time, absl::InfiniteFuture());
}

}  // namespace
}  // namespace mxban
