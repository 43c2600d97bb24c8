#include "agent/wanted_bans.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'795'420'800);
const absl::Time kSoon = kNow + absl::Minutes(10);
const absl::Time kLater = kNow + absl::Hours(1);

BanKey Key(const std::string& source) {
  return {"sendmail", IpNetwork::ParseOrDie(source)};
}
const BanKey kAttacker = Key("203.0.113.30");
const BanKey kOther = Key("203.0.113.31");
const BanKey kOwnRelay = Key("192.0.2.7");

class WantedBansTest : public testing::Test {
 protected:
  WantedBans bans_{{IpNetwork::ParseOrDie("192.0.2.0/24")}};
};

TEST_F(WantedBansTest, HoldsWhatItIsTold) {
  bans_.Tell(kAttacker, kSoon);
  bans_.Tell(kOther, kLater);
  EXPECT_THAT(bans_.bans(),
              ElementsAre(Pair(kAttacker, kSoon), Pair(kOther, kLater)));
  EXPECT_THAT(bans_.TakeChanged(), ElementsAre(kAttacker, kOther));
  bans_.Tell(kAttacker, std::nullopt);
  bans_.Tell(kOther, kLater);  // Nothing new.
  EXPECT_THAT(bans_.TakeChanged(), ElementsAre(kAttacker));
  EXPECT_THAT(bans_.TakeChanged(), IsEmpty());
}

TEST_F(WantedBansTest, ACompleteSetReplacesWhatWasTold) {
  bans_.Tell(kAttacker, kSoon);
  bans_.Replace({{kOther, kLater}});
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kOther, kLater)));
}

TEST_F(WantedBansTest, BansEndByThemselves) {
  bans_.Tell(kAttacker, kSoon);
  bans_.Tell(kOther, kLater);
  EXPECT_EQ(bans_.NextExpiry(), kSoon);
  EXPECT_EQ(bans_.EndingBy(kSoon), 1);
  bans_.Expire(kSoon);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kOther, kLater)));
  bans_.Expire(kLater);
  EXPECT_EQ(bans_.NextExpiry(), absl::InfiniteFuture());
}

TEST_F(WantedBansTest, WhatIsNeverBannedHereIsNotCounted) {
  bans_.Tell(kOwnRelay, kLater);
  bans_.Tell(kAttacker, kLater);
  EXPECT_TRUE(bans_.IsSpared(kOwnRelay.source));
  EXPECT_EQ(bans_.Count(), 1);
  EXPECT_EQ(bans_.CountIn("sendmail"), 1);
  EXPECT_EQ(bans_.CountIn("another"), 0);
  bans_.Tell(kOwnRelay, std::nullopt);
  bans_.Tell(kAttacker, std::nullopt);
  EXPECT_EQ(bans_.Count(), 0);
}

TEST_F(WantedBansTest, WhatIsNeverBannedMayBeAnother) {
  bans_.Tell(kOwnRelay, kLater);
  bans_.Tell(kAttacker, kLater);
  bans_.Tell({"another", kAttacker.source}, kLater);
  bans_.SetNeverBan({kAttacker.source});
  EXPECT_FALSE(bans_.IsSpared(kOwnRelay.source));
  EXPECT_EQ(bans_.CountIn("sendmail"), 1);
  EXPECT_EQ(bans_.CountIn("another"), 0);
  bans_.Tell(kOwnRelay, std::nullopt);
  EXPECT_EQ(bans_.Count(), 0);
}

TEST_F(WantedBansTest, ALocalBanStandsWhateverIsTold) {
  bans_.ImposeLocally({kAttacker, kSoon});
  bans_.Replace({});
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kSoon)));
  bans_.Tell(kAttacker, kLater);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kLater)));
  bans_.Tell(kAttacker, std::nullopt);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kSoon)));
}

TEST_F(WantedBansTest, OnceSettledOnlyWhatIsToldCounts) {
  bans_.Complete("history", 5);
  bans_.ImposeLocally({kAttacker, kLater});
  bans_.ImposeLocally({kOther, kLater});
  bans_.SettleLocal(kAttacker, "history", 6);
  bans_.SettleLocal(kOther, "history", 6);
  bans_.Tell(kAttacker, kSoon);
  EXPECT_THAT(bans_.bans(),
              ElementsAre(Pair(kAttacker, kLater), Pair(kOther, kLater)))
      << "revision 6 is not complete yet";
  bans_.Complete("history", 6);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kSoon)));
}

TEST_F(WantedBansTest, AnotherHistorySettlesNothing) {
  bans_.Complete("history", 5);
  bans_.ImposeLocally({kAttacker, kSoon});
  bans_.SettleLocal(kAttacker, "another", 3);
  bans_.Complete("history", 6);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kSoon)));
}

TEST_F(WantedBansTest, AnotherRunOnTheSameStoreSettlesIt) {
  bans_.Complete("history/run", 5);
  bans_.ImposeLocally({kAttacker, kSoon});
  bans_.SettleLocal(kAttacker, "history", 6);
  bans_.Complete("another/run", 6);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kSoon)));
  bans_.Complete("history/next", 7);
  EXPECT_THAT(bans_.bans(), IsEmpty());
}

TEST_F(WantedBansTest, ALocalBanOnWhatIsBannedAlreadyLastsTheLonger) {
  bans_.Complete("history", 5);
  bans_.Tell(kAttacker, kLater);
  bans_.ImposeLocally({kAttacker, kSoon});
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kLater)));
  bans_.SettleLocal(kAttacker, "history", 5);
  EXPECT_THAT(bans_.bans(), ElementsAre(Pair(kAttacker, kLater)));
  bans_.Expire(kLater);
  EXPECT_THAT(bans_.bans(), IsEmpty());
}

}  // namespace
}  // namespace mxban
