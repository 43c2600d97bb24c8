// held_decisions_test and good_senders_decisions_test ask the rails through a
// decision loop.

#include "coordinator/rails.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

class RailsTest : public testing::Test {
 protected:
  // The rail that holds a new ban of `name` at `now`, of which two a minute
  // are imposed; empty if none does.
  std::string Judge(const std::string& name, absl::Time now) const {
    Jail jail;
    jail.name = name;
    jail.max_ban_rate = 2;
    const auto hold = rails_.Judge(Turn(table_, now), jail, BanOf(name, kNoon));
    return hold ? hold->rail : "";
  }

  static Ban BanOf(const std::string& jail, absl::Time create_time,
                   BanOrigin origin = BanOrigin::kCounted) {
    Ban ban;
    ban.key = {jail, IpNetwork::ParseOrDie("203.0.113.9")};
    ban.create_time = create_time;
    ban.origin = origin;
    return ban;
  }

  BanTable table_;
  RightLogins right_logins_{10};
  Rails rails_{right_logins_};
};

TEST_F(RailsTest, HoldsWhatIsTooMuchWithinAMinuteInItsJail) {
  Turn turn(table_, kNoon);
  turn.imposed_by_jail["jail"] = 2;
  EXPECT_EQ(Judge("jail", kNoon), "") << "nothing of it is durable yet";
  rails_.Publish(turn);
  EXPECT_EQ(Judge("jail", kNoon + absl::Seconds(59)), "maxbanrate");
  EXPECT_EQ(Judge("other", kNoon + absl::Seconds(59)), "");
  EXPECT_EQ(Judge("jail", kNoon + absl::Seconds(60)), "");
}

TEST_F(RailsTest, StartsWithWhatWasImposedLatelyButNotByOperators) {
  rails_.Load({BanOf("jail", kNoon), BanOf("jail", kNoon),
               BanOf("old", kNoon - absl::Minutes(1)), BanOf("old", kNoon),
               BanOf("hand", kNoon, BanOrigin::kOperator),
               BanOf("hand", kNoon, BanOrigin::kOperator)},
              kNoon);
  EXPECT_EQ(Judge("jail", kNoon), "maxbanrate");
  EXPECT_EQ(Judge("old", kNoon), "");
  EXPECT_EQ(Judge("hand", kNoon), "");
}

}  // namespace
}  // namespace mxban
