#include "common/ban_policy.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");

Jail SomeJail() {
  Jail jail;
  jail.name = "sendmail-auth";
  jail.max_retry = 5;
  jail.find_time = absl::Minutes(10);
  jail.ban_time = absl::Hours(8);
  jail.ignored_networks = {IpNetwork::ParseOrDie("192.0.2.0/28"),
                           IpNetwork::ParseOrDie("2001:db8:cafe::44")};
  return jail;
}

Offence Failures(size_t count, absl::Time newest = kNoon) {
  return {.source = kAttacker, .count = count, .newest = newest};
}

BanRequest Request(const char* source) {
  BanRequest request;
  request.jail = "sendmail-auth";
  request.source = IpNetwork::ParseOrDie(source);
  return request;
}

Failure FailureOf(const char* source, absl::Time time = kNoon) {
  return {.source = IpNetwork::ParseOrDie(source), .time = time};
}

TEST(BanPolicyTest, AFailureCountsWithinTheWindow) {
  const Jail jail = SomeJail();
  Failure failure = FailureOf("203.0.113.30");
  const absl::Time last = kNoon + jail.find_time;
  EXPECT_EQ(Admit(jail, last, failure), Admission::kTooOld);
  EXPECT_EQ(Admit(jail, last - absl::Microseconds(1), failure),
            Admission::kCounts);
  EXPECT_EQ(failure.time, kNoon);
  EXPECT_EQ(failure.source, kAttacker);
}

TEST(BanPolicyTest, WhatHasNoTimeIsTooOldForAnybody) {
  Jail jail = SomeJail();
  jail.find_time = absl::Hours(24 * 36'500);
  Failure failure = FailureOf("203.0.113.30", absl::UnixEpoch());
  EXPECT_EQ(Admit(jail, kNoon, failure), Admission::kTooOld);
}

TEST(BanPolicyTest, AFailureOfTheFutureCountsAsNow) {
  Failure failure = FailureOf("203.0.113.30", kNoon + absl::Hours(9));
  EXPECT_EQ(Admit(SomeJail(), kNoon, failure), Admission::kCounts);
  EXPECT_EQ(failure.time, kNoon);
}

TEST(BanPolicyTest, ARightLoginSpeaksForGoodTimeWhereFailuresCount) {
  Jail jail = SomeJail();
  jail.good_time = absl::Hours(2);
  RightLogin login = {.source = IpNetwork::ParseOrDie("2001:db8::1"),
                      .time = kNoon};
  EXPECT_FALSE(AdmitLogin(jail, kNoon + absl::Hours(2), login));
  EXPECT_TRUE(
      AdmitLogin(jail, kNoon + absl::Hours(2) - absl::Seconds(1), login));
  EXPECT_EQ(login.source, IpNetwork::ParseOrDie("2001:db8::/64"));
  EXPECT_EQ(login.time, kNoon);
  EXPECT_TRUE(AdmitLogin(jail, kNoon - absl::Seconds(9), login));
  EXPECT_EQ(login.time, kNoon - absl::Seconds(9)) << "the future is now";
  login.source = IpNetwork::ParseOrDie("192.0.2.1");
  EXPECT_FALSE(AdmitLogin(jail, kNoon, login)) << "is ignored";
}

TEST(BanPolicyTest, AFailureCountsForWhatWouldBeBanned) {
  const struct {
    const char* source;
    const char* counted;  // Null: ignored.
  } cases[] = {
      {"203.0.113.30", "203.0.113.30"},
      {"203.0.113.0/24", "203.0.113.0/24"},
      {"2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
      {"64:ff9b::cb00:711e", "64:ff9b::cb00:711e"},
      {"192.0.2.7", nullptr},
      {"192.0.2.16", "192.0.2.16"},
      {"192.0.2.0/24", nullptr},
      {"2001:db8:cafe::44", nullptr},
      {"2001:db8:cafe::45", nullptr},  // Its network holds the one before.
      {"127.0.0.1", nullptr},
      {"fe80::1", nullptr},
  };
  for (const auto& test : cases) {
    Failure failure = FailureOf(test.source);
    const Admission admission = Admit(SomeJail(), kNoon, failure);
    EXPECT_EQ(admission, test.counted == nullptr ? Admission::kIgnored
                                                 : Admission::kCounts)
        << test.source;
    if (test.counted == nullptr) continue;
    EXPECT_EQ(failure.source.ToString(), test.counted);
  }
}

TEST(BanPolicyTest, BansAtTheLimitAndNotBefore) {
  const Jail jail = SomeJail();
  EXPECT_FALSE(DecideCountedBan(jail, Failures(4), kNoon).has_value());
  const auto ban = DecideCountedBan(jail, Failures(5), kNoon);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->expire_time, kNoon + absl::Hours(8));
  EXPECT_EQ(ban->reason, "5 failures within 10m");
}

TEST(BanPolicyTest, BansWhenEnoughServersSawIt) {
  Jail jail = SomeJail();
  jail.min_servers = 2;
  EXPECT_FALSE(DecideCountedBan(jail, Failures(5), kNoon).has_value());
  Offence offence = Failures(5);
  offence.servers = 2;
  const auto ban = DecideCountedBan(jail, offence, kNoon);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->reason, "5 failures within 10m on 2 servers");
}

TEST(BanPolicyTest, ABanRunsFromTheFailureNotFromItsReport) {
  const auto ban =
      DecideCountedBan(SomeJail(), Failures(5), kNoon + absl::Hours(1));
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->create_time, kNoon + absl::Hours(1));
  EXPECT_EQ(ban->expire_time, kNoon + absl::Hours(8));
}

TEST(BanPolicyTest, ABanThatWouldBeOverIsNone) {
  EXPECT_FALSE(DecideCountedBan(SomeJail(), Failures(5), kNoon + absl::Hours(8))
                   .has_value());
}

TEST(BanPolicyTest, APermanentJailBansForEver) {
  Jail jail = SomeJail();
  jail.ban_time = absl::InfiniteDuration();
  EXPECT_EQ(DecideCountedBan(jail, Failures(5), kNoon)->expire_time,
            absl::InfiniteFuture());
}

TEST(BanPolicyTest, AKnownOffenderIsBannedSoonerAndLonger) {
  Jail jail = SomeJail();
  jail.escalation.emplace();
  Offence offence = Failures(5);  // Two, each of which counts as three.
  offence.earlier_bans = 2;
  const auto ban = DecideCountedBan(jail, offence, kNoon);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->expire_time, kNoon + absl::Hours(32));
  EXPECT_EQ(ban->failure_count, 2);
  EXPECT_EQ(ban->reason, "2 failures within 10m, banned 2 times before");
}

TEST(BanPolicyTest, OperatorsGetTheJailsTimeUnlessTheyNameOne) {
  BanRequest request = Request("203.0.113.30");
  EXPECT_EQ(DecideRequestedBan(SomeJail(), request, kNoon)->expire_time,
            kNoon + absl::Hours(8));
  request.duration = absl::Minutes(5);
  EXPECT_EQ(DecideRequestedBan(SomeJail(), request, kNoon)->expire_time,
            kNoon + absl::Minutes(5));
  request.duration = absl::InfiniteDuration();
  EXPECT_EQ(DecideRequestedBan(SomeJail(), request, kNoon)->expire_time,
            absl::InfiniteFuture());
}

TEST(BanPolicyTest, AnIpv6AddressMeansItsNetwork) {
  const auto ban =
      DecideRequestedBan(SomeJail(), Request("2001:db8:bad::10"), kNoon);
  ASSERT_TRUE(ban.ok()) << ban.status();
  EXPECT_EQ(ban->key.source.ToString(), "2001:db8:bad::/64");
}

struct WidthCase {
  const char* source;
  bool wide;
  bool allowed;
};

class WidthTest : public testing::TestWithParam<WidthCase> {};

TEST_P(WidthTest, WideNetworksNeedConfirmation) {
  BanRequest request = Request(GetParam().source);
  request.wide = GetParam().wide;
  const auto ban = DecideRequestedBan(SomeJail(), request, kNoon);
  EXPECT_EQ(ban.ok(), GetParam().allowed) << ban.status();
}

INSTANTIATE_TEST_SUITE_P(
    Networks, WidthTest,
    testing::Values(WidthCase{"203.0.113.0/24", false, true},
                    WidthCase{"203.0.112.0/23", false, false},
                    WidthCase{"203.0.112.0/23", true, true},
                    WidthCase{"11.0.0.0/8", true, true},
                    WidthCase{"12.0.0.0/7", true, false},
                    WidthCase{"0.0.0.0/0", true, false},
                    WidthCase{"2001:db8:1::/48", false, true},
                    WidthCase{"2001:db8::/47", false, false},
                    WidthCase{"2a00::/16", true, true},
                    WidthCase{"::/0", true, false}));

TEST(BanPolicyTest, NobodyBansWhatTheJailIgnores) {
  for (const char* source :
       {"192.0.2.1", "192.0.2.0/24", "2001:db8:cafe::1", "127.0.0.1", "::1",
        "0.0.0.0", "255.255.255.255", "ff02::1", "fe80::1", "::192.0.2.99",
        "0:0:0:0:1::1"}) {
    EXPECT_EQ(
        DecideRequestedBan(SomeJail(), Request(source), kNoon).status().code(),
        absl::StatusCode::kFailedPrecondition)
        << source;
  }
}

TEST(BanPolicyTest, ATimeBeyondTheYear9999IsForEver) {
  BanRequest request = Request("203.0.113.30");
  request.duration = absl::Seconds(315'576'000'000);
  EXPECT_EQ(DecideRequestedBan(SomeJail(), request, kNoon)->expire_time,
            absl::InfiniteFuture());
}

TEST(BanPolicyTest, APermanentBanCannotBeExtended) {
  Ban ban;
  EXPECT_EQ(ban.expire_time, absl::InfiniteFuture());
  EXPECT_FALSE(Extend(ban, ban).has_value());
}

TEST(BanPolicyTest, ABanIsExtendedNeverShortened) {
  const Ban ban = *DecideCountedBan(SomeJail(), Failures(5), kNoon);
  const Ban later = *DecideCountedBan(
      SomeJail(), Failures(5, kNoon + absl::Minutes(1)), kNoon);
  EXPECT_FALSE(Extend(later, ban).has_value());
  EXPECT_FALSE(Extend(ban, ban).has_value());
  const auto extended = Extend(ban, later);
  ASSERT_TRUE(extended.has_value());
  EXPECT_EQ(extended->expire_time, later.expire_time);
  EXPECT_EQ(extended->create_time, ban.create_time);
  EXPECT_EQ(extended->failure_count, 10);
}

Ban LocalBan() {
  Ban ban;
  ban.key = {"sendmail-auth", kAttacker};
  ban.create_time = kNoon - absl::Hours(1);
  ban.expire_time = kNoon + absl::Hours(7);
  ban.reason = "5 failures within 10m";
  ban.failure_count = 5;
  ban.evidence = {"line"};
  ban.servers = {"somebody else"};
  ban.previous_ban_count = 1'000;
  ban.revision = 1'000;
  return ban;
}

TEST(BanPolicyTest, ALocalBanIsTakenOverAsItIs) {
  const auto ban = DecideLocalBan(SomeJail(), LocalBan(), kNoon);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->key, LocalBan().key);
  EXPECT_EQ(ban->create_time, LocalBan().create_time);
  EXPECT_EQ(ban->expire_time, LocalBan().expire_time);
  EXPECT_EQ(ban->origin, BanOrigin::kLocal);
  EXPECT_EQ(ban->reason, "5 failures within 10m");
  EXPECT_EQ(ban->failure_count, 5);
  EXPECT_EQ(ban->evidence, LocalBan().evidence);
  EXPECT_TRUE(ban->servers.empty()) << "that is not the server's to say";
  EXPECT_EQ(ban->previous_ban_count, 0);
  EXPECT_EQ(ban->revision, 0);
}

TEST(BanPolicyTest, ALocalBanEndsAtTheLatestAsOneOfNow) {
  Ban local = LocalBan();
  for (const absl::Time end :
       {kNoon + absl::Hours(9), absl::InfiniteFuture()}) {
    local.expire_time = end;
    EXPECT_EQ(DecideLocalBan(SomeJail(), local, kNoon)->expire_time,
              kNoon + absl::Hours(8));
  }
  Jail for_ever = SomeJail();
  for_ever.ban_time = absl::InfiniteDuration();
  EXPECT_EQ(DecideLocalBan(for_ever, local, kNoon)->expire_time,
            absl::InfiniteFuture());
  EXPECT_EQ(DecideLocalBan(for_ever, local, kNoon)->create_time,
            local.create_time);
}

TEST(BanPolicyTest, ALocalBanBeginsNeitherInTheFutureNorLongAgo) {
  Ban local = LocalBan();
  local.create_time = kNoon + absl::Hours(1);
  EXPECT_EQ(DecideLocalBan(SomeJail(), local, kNoon)->create_time, kNoon);
  local.create_time = absl::FromUnixSeconds(0);
  EXPECT_EQ(DecideLocalBan(SomeJail(), local, kNoon)->create_time,
            kNoon - absl::Hours(8));
}

TEST(BanPolicyTest, ALocalBanThatIsOverIsNone) {
  EXPECT_FALSE(DecideLocalBan(SomeJail(), LocalBan(), kNoon + absl::Hours(7))
                   .has_value());
}

TEST(BanPolicyTest, ALocalBanIsOfWhatIsCounted) {
  const auto source_of = [](const char* source) -> std::string {
    Ban local = LocalBan();
    local.key.source = IpNetwork::ParseOrDie(source);
    const auto ban = DecideLocalBan(SomeJail(), local, kNoon);
    return ban.has_value() ? ban->key.source.ToString() : "refused";
  };
  EXPECT_EQ(source_of("2001:db8:bad::10"), "2001:db8:bad::/64");
  EXPECT_EQ(source_of("203.0.113.0/24"), "203.0.113.0/24");
  for (const char* source :
       {"203.0.112.0/23", "2001:db8::/47", "0.0.0.0/0", "::/0", "192.0.2.1",
        "192.0.2.0/24", "2001:db8:cafe::1", "127.0.0.1", "::1"}) {
    EXPECT_EQ(source_of(source), "refused") << source;
  }
}

TEST(BanPolicyTest, OnlyAnOperatorChangesWhyABanStands) {
  Ban by_operator = *DecideRequestedBan(SomeJail(), Request("203.0.113.30"),
                                        kNoon - absl::Hours(2));
  by_operator.reason = "spam";
  const Ban local = *DecideLocalBan(SomeJail(), LocalBan(), kNoon);
  const auto extended = Extend(by_operator, local);
  ASSERT_TRUE(extended.has_value());
  EXPECT_EQ(extended->origin, BanOrigin::kOperator);
  EXPECT_EQ(extended->reason, "spam");
  EXPECT_EQ(extended->expire_time, local.expire_time);
  Ban counted =
      *DecideCountedBan(SomeJail(), Failures(5, kNoon - absl::Hours(2)), kNoon);
  EXPECT_EQ(Extend(counted, local)->origin, BanOrigin::kCounted);
}

}  // namespace
}  // namespace mxban
