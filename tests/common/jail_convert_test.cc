#include "common/jail_convert.h"

#include <limits>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

Jail SomeJail() {
  Jail jail;
  jail.name = "sendmail-auth";
  jail.filter = {.fail_regexes = {"a <HOST>", "b <HOST>"},
                 .ignore_regexes = {"c"},
                 .prefix_regex = "d",
                 .date_patterns = {"%Y"},
                 .time_zone = "UTC+0200",
                 .max_lines = 10,
                 .use_names = false,
                 .pending_limit = 3,
                 .join_time = absl::Minutes(1)};
  jail.log_paths = {"/var/log/mail.log"};
  jail.max_retry = 5;
  jail.find_time = absl::Minutes(30);
  jail.ban_time = absl::Hours(8);
  jail.escalation = Escalation{.factor = 1.5,
                               .multipliers = {1, 5, 30},
                               .max_time = absl::Hours(100),
                               .random_time = absl::Minutes(3),
                               .over_all_jails = true};
  jail.ban_memory = absl::Hours(240);
  jail.ipv6_prefix = 56;
  jail.ignored_networks = {IpNetwork::ParseOrDie("192.0.2.0/24")};
  jail.ignore_self = false;
  jail.journal_matches = {"_COMM=sshd", "A=1 + B=2"};
  jail.journal = Journal{"/var/log/journal/remote", 12};
  jail.enforcement = {"auth", {{587, 587}, {1000, 2000}}, Rejection::kDrop};
  return jail;
}

TEST(JailConvertTest, AJailSurvivesTheRoundTrip) {
  const auto back = JailFromProto(JailToProto(SomeJail()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, SomeJail());
}

TEST(JailConvertTest, APermanentJailHasNoBanTime) {
  Jail jail = SomeJail();
  jail.ban_time = absl::InfiniteDuration();
  EXPECT_FALSE(JailToProto(jail).has_ban_time());
  EXPECT_EQ(*JailFromProto(JailToProto(jail)), jail);
}

TEST(JailConvertTest, WhatIsNotSentHasItsDefault) {
  v1::Jail message = JailToProto(SomeJail());
  message.clear_journal();
  message.clear_escalation();
  message.clear_ban_memory();
  message.clear_counts_own_addresses();
  message.mutable_filter()->clear_max_lines();
  message.mutable_filter()->clear_addresses_only();
  message.mutable_filter()->clear_pending_limit();
  message.mutable_filter()->clear_join_time();
  const auto jail = JailFromProto(message);
  ASSERT_TRUE(jail.ok()) << jail.status();
  EXPECT_FALSE(jail->journal.has_value());
  EXPECT_FALSE(jail->escalation.has_value());
  EXPECT_EQ(jail->ban_memory, absl::Hours(24));
  EXPECT_TRUE(jail->ignore_self);
  EXPECT_EQ(jail->filter.max_lines, 1);
  EXPECT_TRUE(jail->filter.use_names);
  EXPECT_EQ(jail->filter.pending_limit, 1);
  EXPECT_EQ(jail->filter.join_time, absl::Minutes(5));
}

TEST(JailConvertTest, AnEscalationMayHaveNoLimit) {
  Jail jail = SomeJail();
  jail.escalation->max_time = absl::InfiniteDuration();
  EXPECT_FALSE(JailToProto(jail).escalation().has_max_time());
  EXPECT_EQ(*JailFromProto(JailToProto(jail)), jail);
}

using SpoilJail = void (*)(v1::Jail&);
class BrokenJailTest : public testing::TestWithParam<SpoilJail> {};

TEST_P(BrokenJailTest, IsRefused) {
  v1::Jail jail = JailToProto(SomeJail());
  GetParam()(jail);
  EXPECT_EQ(JailFromProto(jail).status().code(),
            absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BrokenJailTest,
    testing::Values<SpoilJail>(
        [](auto& jail) { jail.clear_name(); },
        [](auto& jail) { jail.set_name(std::string(201, 'x')); },
        [](auto& jail) { jail.clear_find_time(); },
        [](auto& jail) {
          jail.mutable_filter()->set_time_zone(std::string(65, 'x'));
        },
        [](auto& jail) { jail.mutable_filter()->set_time_zone("UTC\n"); },
        [](auto& jail) { jail.mutable_filter()->set_max_lines(1001); },
        [](auto& jail) { jail.mutable_filter()->set_pending_limit(1001); },
        [](auto& jail) {
          jail.mutable_filter()->mutable_join_time()->set_seconds(0);
        },
        [](auto& jail) {
          jail.mutable_filter()->mutable_join_time()->set_seconds(86401);
        },
        [](auto& jail) { jail.mutable_escalation()->set_factor(0); },
        [](auto& jail) { jail.mutable_escalation()->add_multipliers(-1); },
        [](auto& jail) {
          jail.mutable_escalation()->add_multipliers(
              std::numeric_limits<double>::quiet_NaN());
        },
        [](auto& jail) {
          jail.mutable_escalation()->mutable_max_time()->set_seconds(-1);
        },
        [](auto& jail) {
          jail.mutable_escalation()->mutable_random_time()->set_seconds(-1);
        },
        [](auto& jail) { jail.mutable_journal()->set_directory("x"); },
        [](auto& jail) { jail.mutable_journal()->set_flags(1); },
        [](auto& jail) {
          jail.mutable_journal()->clear_directory();
          jail.mutable_journal()->set_flags(16);
        },
        [](auto& jail) { jail.set_ipv6_prefix(0); },
        [](auto& jail) { jail.set_ipv6_prefix(129); },
        [](auto& jail) { jail.add_ignored_networks("everyone"); },
        [](auto& jail) { jail.mutable_enforcement()->clear_name(); },
        [](auto& jail) { jail.mutable_enforcement()->clear_ports(); },
        [](auto& jail) { jail.mutable_enforcement()->clear_rejection(); },
        [](auto& jail) {
          jail.mutable_enforcement()->mutable_ports(0)->set_last(65536);
        },
        [](auto& jail) {
          jail.mutable_enforcement()->mutable_ports(0)->set_first(600);
        }));

}  // namespace
}  // namespace mxban
