#include "agent/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/child_process.h"

namespace mxban {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr uint64_t kFirewall =
    uint64_t{1} << CAP_NET_ADMIN | uint64_t{1} << CAP_NET_RAW;

// A line of numbers in base 16 of what the kernel says of this process.
uint64_t StatusOf(absl::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view text = line;
    uint64_t value = 0;
    if (absl::ConsumePrefix(&text, name) && absl::ConsumePrefix(&text, ":") &&
        absl::SimpleHexAtoi(absl::StripAsciiWhitespace(text), &value)) {
      return value;
    }
  }
  return ~uint64_t{0};
}

bool HasNothing() {
  return StatusOf("CapPrm") == 0 && StatusOf("CapEff") == 0 &&
         StatusOf("CapInh") == 0 && StatusOf("CapAmb") == 0;
}

bool IsNarrowed(uint64_t kept) {
  const uint64_t bound = StatusOf("CapBnd");
  // Without CAP_SETPCAP nobody narrows it, and the flag must do.
  return (bound & ~kept) == 0 || StatusOf("NoNewPrivs") == 1;
}

Account Nobody() { return {"nobody", 65534, 65534, {}}; }

TEST(PrivilegesTest, TheReadingHalfHasNoCapability) {
  EXPECT_TRUE(ExitedWith(InChild([] {
                           const absl::StatusOr<bool> is_root =
                               DropPrivileges(Nobody());
                           if (!is_root.ok()) return 1;
                           if (!HasNothing()) return 2;
                           if (!IsNarrowed(0)) return 3;
                           if (StatusOf("NoNewPrivs") != 1) return 4;
                           return *is_root == (geteuid() == 0) ? 0 : 5;
                         }),
                         0));
}

// Whether a child of ours could do it.
template <typename Action>
bool Could(Action action) {
  return ExitedWith(InChild([&] { return action() == 0 ? 0 : 1; }), 0);
}

// Root becomes another user as far as it may, and never comes back.
TEST(PrivilegesTest, TheReadingHalfIsAnotherUserWhereThatCanBe) {
  const uid_t user = Nobody().user;
  const gid_t group = Nobody().group;
  if (geteuid() != 0) GTEST_SKIP() << "only root can";
  const bool changes_groups = Could([] { return setgroups(0, nullptr); });
  const bool changes_group =
      Could([&] { return setresgid(group, group, group); });
  const bool changes_user = Could([&] { return setresuid(user, user, user); });
  EXPECT_TRUE(ExitedWith(
      InChild([&] {
        const absl::StatusOr<bool> is_root = DropPrivileges(Nobody());
        if (!is_root.ok() || *is_root == changes_user) return 1;
        if (changes_groups && getgroups(0, nullptr) != 0) return 2;
        if (changes_group != (getegid() == group)) return 3;
        if (changes_user != (geteuid() == user && getuid() == user)) return 4;
        return changes_user && setresuid(0, 0, 0) == 0 ? 5 : 0;
      }),
      0));
}

TEST(PrivilegesTest, TheEnforcingHalfKeepsItsTwoAtMost) {
  const uint64_t had = StatusOf("CapPrm");
  EXPECT_TRUE(ExitedWith(InChild([&] {
                           if (!KeepFirewallCapabilities().ok()) return 1;
                           if (StatusOf("CapPrm") != (had & kFirewall))
                             return 2;
                           if (StatusOf("CapEff") != (had & kFirewall))
                             return 3;
                           if (StatusOf("CapInh") != 0 ||
                               StatusOf("CapAmb") != 0)
                             return 4;
                           if (!IsNarrowed(kFirewall)) return 5;
                           return StatusOf("NoNewPrivs") == 1 ? 0 : 6;
                         }),
                         0));
}

TEST(PrivilegesTest, WhatIsGivenUpIsGone) {
  EXPECT_TRUE(ExitedWith(InChild([] {
                           if (!DropPrivileges(Nobody()).ok()) return 1;
                           if (!KeepFirewallCapabilities().ok()) return 2;
                           return HasNothing() ? 0 : 3;
                         }),
                         0));
}

TEST(PrivilegesTest, AnAccountIsFoundWithTheGroupsThereAre) {
  const absl::StatusOr<Account> account =
      FindAccount("root", {"daemon", "no-such-group"});
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->name, "root");
  EXPECT_EQ(account->user, 0);
  EXPECT_EQ(account->group, 0);
  EXPECT_THAT(account->groups, Contains(1)) << "daemon's";
  EXPECT_THAT(FindAccount("root", {})->groups, Not(Contains(1)));
}

TEST(PrivilegesTest, AnAccountThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(FindAccount("no-such-user", {}).status()));
}

}  // namespace
}  // namespace mxban
