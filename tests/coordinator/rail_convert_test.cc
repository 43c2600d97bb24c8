#include "coordinator/rail_convert.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(RailConvertTest, WhatIsAllowedComesBackAsItWas) {
  AllowedSource allowed = {.source = "mx.example.net",
                           .reason = "partner",
                           .who = "ann",
                           .create_time = kNoon,
                           .expire_time = kNoon + absl::Hours(1),
                           .networks = {IpNetwork::ParseOrDie("192.0.2.1"),
                                        IpNetwork::ParseOrDie("2001:db8::1")}};
  EXPECT_EQ(*AllowedSourceFromProto(AllowedSourceToProto(allowed)), allowed);
  allowed.expire_time = absl::InfiniteFuture();
  EXPECT_EQ(*AllowedSourceFromProto(AllowedSourceToProto(allowed)), allowed);
}

TEST(RailConvertTest, APauseAndAHeldBanComeBackAsTheyWere) {
  const Pause pause = {"ann", "drill", kNoon};
  EXPECT_EQ(*PauseFromProto(PauseToProto(pause)), pause);

  HeldBan held;
  held.ban.key = {"sendmail", IpNetwork::ParseOrDie("203.0.113.7")};
  held.ban.create_time = kNoon;
  held.hold_reason = "maxbanrate";
  const absl::StatusOr<HeldBan> back = HeldBanFromProto(HeldBanToProto(held));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->ban.key, held.ban.key);
  EXPECT_EQ(back->ban.create_time, kNoon);
  EXPECT_EQ(back->hold_reason, "maxbanrate");
}

TEST(RailConvertTest, WhatNobodyHasWrittenIsRefused) {
  v1::AllowedSource allowed =
      AllowedSourceToProto({.source = "192.0.2.1", .create_time = kNoon});
  allowed.add_networks("192.0.2.1/33");
  EXPECT_FALSE(AllowedSourceFromProto(allowed).ok());
  allowed.clear_networks();
  allowed.clear_source();
  EXPECT_FALSE(AllowedSourceFromProto(allowed).ok());

  v1::Pause pause;
  pause.mutable_start_time()->set_nanos(-1);
  EXPECT_FALSE(PauseFromProto(pause).ok());
  EXPECT_FALSE(HeldBanFromProto(v1::HeldBan()).ok());
}

}  // namespace
}  // namespace mxban
