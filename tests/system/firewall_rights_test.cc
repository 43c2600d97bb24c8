// Opening a firewall: what it takes, and what it says where that is missing.

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/time/clock.h"
#include "agent/firewall/open_firewall.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kBoth = (1u << CAP_NET_ADMIN) | (1u << CAP_NET_RAW);

// For the calling thread alone.
void KeepOnly(uint32_t capabilities) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{capabilities, capabilities, 0}, {0, 0, 0}};
  ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

class OpenFirewallTest : public testing::Test {
 protected:
  OpenFirewallTest() { network_.AddHost("relay", {"192.0.2.1"}); }

  absl::StatusOr<OpenedFirewall> OpenWith(uint32_t capabilities,
                                          const std::string& kind) {
    absl::StatusOr<OpenedFirewall> opened;
    network_.Run("relay", [&] {
      KeepOnly(capabilities);
      opened = OpenFirewall(kind);
    });
    return opened;
  }

  NetworkLab network_;
};

TEST_F(OpenFirewallTest, WorksWithExactlyTwoCapabilities) {
  for (const auto& [kind, name] :
       {std::pair("auto", "ipset"), std::pair("ipset", "ipset"),
        std::pair("iptables", "iptables"), std::pair("nftables", "nftables")}) {
    const auto opened = OpenWith(kBoth, kind);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->firewall->name(), name);
    EXPECT_FALSE(opened->why.empty());
  }
}

TEST_F(OpenFirewallTest, LeavesNoTrace) {
  const std::string look =
      "iptables-legacy -S; ip6tables-legacy -S; ipset list; nft list ruleset";
  const std::string before = network_.MustShell("relay", look);
  ASSERT_TRUE(OpenWith(kBoth, "ipset").ok());
  ASSERT_TRUE(OpenWith(kBoth, "iptables").ok());
  ASSERT_TRUE(OpenWith(kBoth, "nftables").ok());
  EXPECT_EQ(network_.MustShell("relay", look), before);
}

TEST_F(OpenFirewallTest, SaysWhichRightsAreMissing) {
  for (const uint32_t capabilities :
       {0u, 1u << CAP_NET_ADMIN, 1u << CAP_NET_RAW}) {
    for (const char* kind : {"auto", "ipset", "iptables", "nftables"}) {
      if (capabilities == 1u << CAP_NET_ADMIN &&
          (kind == std::string("auto") || kind == std::string("nftables"))) {
        continue;  // Enough for nftables.
      }
      const auto opened = OpenWith(capabilities, kind);
      EXPECT_TRUE(absl::IsPermissionDenied(opened.status()))
          << kind << ": " << opened.status();
      EXPECT_THAT(std::string(opened.status().message()),
                  HasSubstr("CAP_NET_ADMIN"));
    }
  }
  EXPECT_EQ(network_.MustShell("relay", "ipset list -n"), "");
}

TEST_F(OpenFirewallTest, NftablesNeedsOneCapabilityAndAutoSettlesForIt) {
  for (const char* kind : {"nftables", "auto"}) {
    const auto opened = OpenWith(1u << CAP_NET_ADMIN, kind);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->firewall->name(), "nftables");
  }
}

// The rules take both capabilities; once they stand, a ban takes one.
TEST_F(OpenFirewallTest, ABanInASetNeedsOneCapability) {
  network_.Run("relay", [&] {
    auto opened = OpenFirewall("ipset");
    ASSERT_TRUE(opened.ok()) << opened.status();
    Firewall& firewall = *opened->firewall;
    FirewallChanges setup;
    setup.jails.push_back(MailRules("smtp"));
    ASSERT_TRUE(firewall.Apply(setup, absl::Now()).ok());
    KeepOnly(1u << CAP_NET_ADMIN);
    EXPECT_TRUE(
        firewall.Apply(Imposing({FirewallLab::kSpammer}), absl::Now()).ok());
    EXPECT_TRUE(
        firewall.Apply(Lifting({FirewallLab::kSpammer}), absl::Now()).ok());
    KeepOnly(0);
    EXPECT_TRUE(absl::IsPermissionDenied(
        firewall.Apply(Imposing({FirewallLab::kSpammer}), absl::Now())));
  });
}

TEST_F(OpenFirewallTest, NoneNeedsNoRights) {
  const auto opened = OpenWith(0, "none");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->firewall->name(), "none");
}

TEST_F(OpenFirewallTest, RefusesUnknownKinds) {
  const auto opened = OpenWith(kBoth, "pf");
  EXPECT_TRUE(absl::IsInvalidArgument(opened.status()));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("iptables"));
}

}  // namespace
}  // namespace mxban
