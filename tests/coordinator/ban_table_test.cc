#include "coordinator/ban_table.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

Ban SomeBan(const char* source, const char* jail = "jail",
            absl::Time expire_time = kNoon + absl::Hours(8)) {
  Ban ban;
  ban.key = {jail, IpNetwork::ParseOrDie(source)};
  ban.expire_time = expire_time;
  return ban;
}

BanTable::Update Imposed(uint64_t revision, Ban ban) {
  return {revision,
          kNoon,
          nullptr,
          {{BanTable::ChangeKind::kImposed, std::move(ban)}}};
}

class Listener final : public BanTable::Listener {
 public:
  explicit Listener(const BanTable& table) : table_(table) {}
  void OnUpdate(const BanTable::Update& update) override {
    ++updates_;
    saw_the_change_ = table_.revision() == update.revision;
  }
  int updates_ = 0;
  bool saw_the_change_ = false;

 private:
  const BanTable& table_;
};

TEST(BanTableTest, ListenersHearOfWhatIsVisibleAlready) {
  BanTable table;
  Listener listener(table);
  table.AddListener(&listener);
  table.Publish(Imposed(1, SomeBan("203.0.113.30")));
  EXPECT_EQ(listener.updates_, 1);
  EXPECT_TRUE(listener.saw_the_change_);
  table.RemoveListener(&listener);
  table.Publish(Imposed(2, SomeBan("203.0.113.31")));
  EXPECT_EQ(listener.updates_, 1);
}

TEST(BanTableTest, AnExtendedBanReplacesTheOldOne) {
  BanTable table;
  table.Publish(Imposed(1, SomeBan("203.0.113.30", "jail", kNoon)));
  table.Publish(Imposed(2, SomeBan("203.0.113.30")));
  EXPECT_EQ(table.size(), 1);
  EXPECT_EQ(table.CountOf("jail"), 1);
  EXPECT_EQ(table.NextExpiry(), kNoon + absl::Hours(8));
  EXPECT_TRUE(table.ExpiredBy(kNoon).empty());
}

TEST(BanTableTest, EndedBansAreGone) {
  BanTable table;
  table.Publish(Imposed(1, SomeBan("203.0.113.30")));
  table.Publish({2,
                 kNoon,
                 nullptr,
                 {{BanTable::ChangeKind::kPardoned, SomeBan("203.0.113.30")}}});
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(table.NextExpiry(), absl::InfiniteFuture());
}

TEST(BanTableTest, ExpiredBansComeInTheOrderOfTheirEnds) {
  BanTable table;
  table.Load(1, std::make_shared<JailSet>(),
             {SomeBan("203.0.113.2", "jail", kNoon + absl::Seconds(2)),
              SomeBan("203.0.113.1", "jail", kNoon + absl::Seconds(1)),
              SomeBan("203.0.113.3", "jail", kNoon + absl::Seconds(3))});
  EXPECT_EQ(table.NextExpiry(), kNoon + absl::Seconds(1));
  const std::vector<Ban> expired = table.ExpiredBy(kNoon + absl::Seconds(2));
  ASSERT_EQ(expired.size(), 2);
  EXPECT_EQ(expired[0].key.source.ToString(), "203.0.113.1");
}

TEST(BanTableTest, PagesFollowEachOther) {
  BanTable table;
  table.Load(1, std::make_shared<JailSet>(),
             {SomeBan("203.0.113.1"), SomeBan("203.0.113.2"),
              SomeBan("203.0.113.3"), SomeBan("203.0.113.1", "other")});
  const std::vector<Ban> first = table.List(std::nullopt, 2, "");
  ASSERT_EQ(first.size(), 2);
  const std::vector<Ban> second = table.List(first.back().key, 10, "");
  ASSERT_EQ(second.size(), 2);
  EXPECT_EQ(second[0].key.source.ToString(), "203.0.113.3");
  EXPECT_EQ(second[1].key.jail, "other");
  EXPECT_EQ(table.List(std::nullopt, 10, "other").size(), 1);
}

TEST(BanTableTest, FindsTheBansAroundAnAddress) {
  BanTable table;
  table.Load(1, std::make_shared<JailSet>(),
             {SomeBan("203.0.113.0/24"), SomeBan("203.0.113.7", "other"),
              SomeBan("203.0.113.8")});
  const IpNetwork address = IpNetwork::ParseOrDie("203.0.113.7");
  EXPECT_EQ(table.Covering(address, "").size(), 2);
  EXPECT_EQ(table.Covering(address, "other").size(), 1);
  EXPECT_TRUE(table.Covering(IpNetwork::ParseOrDie("192.0.2.1"), "").empty());
}

TEST(BanTableTest, CountsByOrigin) {
  BanTable table;
  Ban by_hand = SomeBan("203.0.113.2");
  by_hand.origin = BanOrigin::kOperator;
  table.Load(1, std::make_shared<JailSet>(),
             {SomeBan("203.0.113.1"), by_hand, SomeBan("203.0.113.3")});
  const std::string jail = by_hand.key.jail;
  EXPECT_EQ(table.CountsByOrigin(jail),
            (BanTable::OriginCounts{{BanOrigin::kCounted, 2},
                                    {BanOrigin::kOperator, 1}}));

  // Extended by an operator, and ended.
  Ban extended = SomeBan("203.0.113.1");
  extended.origin = BanOrigin::kOperator;
  table.Publish({2,
                 kNoon,
                 nullptr,
                 {{BanTable::ChangeKind::kImposed, extended},
                  {BanTable::ChangeKind::kPardoned, by_hand}}});
  EXPECT_EQ(table.CountsByOrigin(jail),
            (BanTable::OriginCounts{{BanOrigin::kCounted, 1},
                                    {BanOrigin::kOperator, 1}}));
  EXPECT_EQ(table.CountOf(jail), 2);
  EXPECT_TRUE(table.CountsByOrigin("other").empty());
}

}  // namespace
}  // namespace mxban
