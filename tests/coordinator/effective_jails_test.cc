#include "coordinator/effective_jails.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

IpNetwork Network(const char* text) { return IpNetwork::ParseOrDie(text); }

JailSet TwoJails() {
  Jail one;
  one.name = "one";
  one.ignored_networks = {Network("192.0.2.0/24")};
  Jail two;
  two.name = "two";
  two.dry_run = true;
  return {{"one", one}, {"two", two}};
}

RailState Allowing(const char* source, std::vector<IpNetwork> networks) {
  RailState rails;
  rails.allowed[source] = {.source = source, .networks = std::move(networks)};
  return rails;
}

TEST(EffectiveJailsTest, WithoutRailsTheyAreAsConfigured) {
  EXPECT_EQ(EffectiveJails(TwoJails(), {}), TwoJails());
}

TEST(EffectiveJailsTest, EveryJailIgnoresWhatIsAllowed) {
  const JailSet jails = EffectiveJails(
      TwoJails(), Allowing("mx", {Network("192.0.2.7"), Network("10.0.0.0/8"),
                                  Network("2001:db8::/64")}));
  EXPECT_THAT(jails.at("one").ignored_networks,
              ElementsAre(Network("2001:db8::/64"), Network("10.0.0.0/8"),
                          Network("192.0.2.0/24")))
      << "what lies within another one is not said twice";
  EXPECT_THAT(jails.at("two").ignored_networks,
              ElementsAre(Network("2001:db8::/64"), Network("10.0.0.0/8"),
                          Network("192.0.2.7")));
}

TEST(EffectiveJailsTest, APauseIsADryRunOfAll) {
  RailState rails;
  rails.pause.emplace();
  const JailSet jails = EffectiveJails(TwoJails(), rails);
  EXPECT_TRUE(jails.at("one").dry_run);
  EXPECT_TRUE(jails.at("two").dry_run);
  rails.pause.reset();
  EXPECT_FALSE(EffectiveJails(TwoJails(), rails).at("one").dry_run);
  EXPECT_TRUE(EffectiveJails(TwoJails(), rails).at("two").dry_run)
      << "as configured";
}

TEST(EffectiveJailsTest, WhatDoesNotMatterForCountingIsToldFromWhatDoes) {
  const JailSet before = TwoJails();
  JailSet after = before;
  after.at("one").dry_run = true;
  after.at("one").ignored_networks.clear();
  after.at("one").enforcement.ports = {{25, 25}};
  after.at("one").max_ban_rate = 9;
  EXPECT_TRUE(CountAlike(before, after));
  after = before;
  after.at("one").max_retry = 9;
  EXPECT_FALSE(CountAlike(before, after));
  after = before;
  after.at("one").find_time = absl::Hours(9);
  EXPECT_FALSE(CountAlike(before, after));
  after = before;
  after.at("one").min_servers = 2;
  EXPECT_FALSE(CountAlike(before, after));
  after = before;
  after.at("one").filter.success_regexes = {"a"};
  EXPECT_FALSE(CountAlike(before, after)) << "right logins forgive";
  after = before;
  after.erase("two");
  EXPECT_FALSE(CountAlike(before, after));
}

TEST(EffectiveJailsTest, WhatNoMessageCouldHoldIsRefused) {
  EXPECT_TRUE(CheckJailSize(TwoJails()).ok());
  JailSet jails = TwoJails();
  jails.at("one").log_paths = {std::string(4 << 20, 'l')};
  EXPECT_TRUE(absl::IsInvalidArgument(CheckJailSize(jails)));
}

}  // namespace
}  // namespace mxban
