// Kernels that lack something: the system calls by which we would notice are
// made to fail as they would there.

#include <dlfcn.h>
#include <linux/in.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/time/clock.h"
#include "agent/firewall/any_firewall.h"
#include "agent/firewall/iptables_firewall.h"
#include "agent/firewall/open_firewall.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace {

std::atomic<int> tables_error = 0;  // Of reading a legacy table.
std::atomic<bool> lacks_ipset = false;
std::atomic<bool> lacks_nftables = false;

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int getsockopt(int socket, int level, int option, void* value,
                          socklen_t* size) noexcept {
  if (level == IPPROTO_IP && option == IPT_SO_GET_INFO && tables_error != 0) {
    errno = tables_error;
    return -1;
  }
  static const auto real =
      Real<int (*)(int, int, int, void*, socklen_t*)>("getsockopt");
  return real(socket, level, option, value, size);
}

extern "C" ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  nlmsghdr header = {};
  std::memcpy(&header, bytes, std::min(size, sizeof(header)));
  const int subsystem = header.nlmsg_type >> 8;
  const bool is_nftables = subsystem == NFNL_SUBSYS_NFTABLES ||
                           header.nlmsg_type == NFNL_MSG_BATCH_BEGIN;
  int domain = 0;
  socklen_t length = sizeof(domain);
  if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
      domain == AF_NETLINK &&
      ((lacks_ipset && subsystem == NFNL_SUBSYS_IPSET) ||
       (lacks_nftables && is_nftables))) {
    errno = EOPNOTSUPP;
    return -1;
  }
  static const auto real =
      Real<ssize_t (*)(int, const void*, size_t, int)>("send");
  return real(socket, bytes, size, flags);
}

namespace mxban {
namespace {

using ::testing::HasSubstr;
using Lab = FirewallLab;
using Outcome = NetworkLab::Outcome;

class FirewallFallbackTest : public testing::Test {
 protected:
  ~FirewallFallbackTest() override {
    tables_error = 0;
    lacks_ipset = lacks_nftables = false;
  }

  absl::StatusOr<OpenedFirewall> OpenAuto() {
    absl::StatusOr<OpenedFirewall> opened;
    lab_.network().Run(Lab::kRelay, [&] { opened = OpenFirewall("auto"); });
    return opened;
  }

  FirewallLab lab_{"ipset"};
};

TEST_F(FirewallFallbackTest, WithoutLegacyTablesItIsNftables) {
  for (const int error : {ENOPROTOOPT, ENOENT}) {
    tables_error = error;
    const auto opened = OpenAuto();
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->firewall->name(), "nftables");
    EXPECT_THAT(opened->why, HasSubstr("not ipset: "));
  }
}

TEST_F(FirewallFallbackTest, WithoutIpsetItIsNftables) {
  lacks_ipset = true;
  const auto opened = OpenAuto();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->firewall->name(), "nftables");
}

TEST_F(FirewallFallbackTest, WithoutSetsOfEitherKindItIsARuleForEach) {
  lacks_ipset = lacks_nftables = true;
  const auto opened = OpenAuto();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->firewall->name(), "iptables");
  EXPECT_THAT(opened->why, HasSubstr("not nftables: "));
}

TEST_F(FirewallFallbackTest, WithNothingItSaysSoAndEnforcesOnceItCan) {
  tables_error = ENOPROTOOPT;
  lacks_ipset = lacks_nftables = true;
  EXPECT_FALSE(OpenAuto().ok());
  AnyFirewall firewall("auto");
  FirewallChanges changes = Imposing({Lab::kSpammer});
  changes.jails = {MailRules("smtp")};
  lab_.network().Run(Lab::kRelay, [&] {
    EXPECT_EQ(firewall.name(), "");
    const absl::Status nothing = firewall.Apply(changes, absl::Now());
    EXPECT_TRUE(absl::IsUnimplemented(nothing)) << nothing;
    EXPECT_THAT(std::string(nothing.message()),
                HasSubstr("not iptables: iptables: cannot read the filter "
                          "table: this kernel has no legacy tables"));
    EXPECT_FALSE(firewall.Inspect(InspectDepth::kRules, absl::Now()).ok());
    tables_error = 0;
    EXPECT_TRUE(firewall.Apply(changes, absl::Now()).ok());
    EXPECT_EQ(firewall.name(), "iptables");
  });
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

TEST_F(FirewallFallbackTest, TheTableOfProbesSaysTheSame) {
  lacks_ipset = true;
  lab_.network().Run(Lab::kRelay, [&] {
    const std::vector<ProbedFirewall> probed = ProbeFirewalls();
    ASSERT_EQ(probed.size(), 3);
    EXPECT_EQ(probed[0].kind, "ipset");
    EXPECT_FALSE(probed[0].status.ok());
    EXPECT_EQ(probed[1].kind, "nftables");
    EXPECT_TRUE(probed[1].chosen);
    EXPECT_TRUE(probed[2].status.ok());
    EXPECT_FALSE(probed[2].chosen);
  });
}

// What cannot be taken away for now does not keep bans from being in force.
TEST_F(FirewallFallbackTest, WhatAnotherFirewallLeftGoesOnceItCan) {
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  AnyFirewall firewall("nftables");
  FirewallChanges changes = Imposing({Lab::kSpammer});
  changes.jails = {MailRules("smtp")};
  const absl::Time now = absl::Now();
  lab_.network().Run(Lab::kRelay, [&] {
    tables_error = EPERM;
    EXPECT_TRUE(firewall.Apply(changes, now).ok());
    tables_error = 0;
    EXPECT_THAT(lab_.OnRelay("iptables-legacy -S"), HasSubstr("mxban-smtp"));
    EXPECT_TRUE(
        firewall.Inspect(InspectDepth::kRules, now + absl::Minutes(2)).ok());
  });
  EXPECT_THAT(lab_.OnRelay("iptables-legacy -S; ipset list -n"),
              testing::Not(HasSubstr("mxban")));
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

// Where the kernel has no IPv6 there is a table less.
TEST_F(FirewallFallbackTest, AMissingFamilyIsNoDamage) {
  JailRules rules = MailRules("smtp");
  rules.allowed = {IpNetwork::ParseOrDie("::1"),
                   IpNetwork::ParseOrDie("127.0.0.0/8")};
  lab_.network().Run(Lab::kRelay, [&] {
    IptablesFirewall firewall(10, {Family::kIpv4});
    FirewallChanges changes = Imposing({Lab::kSpammer, Lab::kSpammer6});
    changes.jails = {rules};
    ASSERT_TRUE(firewall.Apply(changes, absl::Now()).ok());
    const FirewallState state =
        firewall.Inspect(InspectDepth::kRules, absl::Now()).value();
    EXPECT_TRUE(state.at("smtp").intact);
    EXPECT_EQ(state.at("smtp").rules, rules);
    EXPECT_EQ(state.at("smtp").ban_count, std::nullopt);
  });
}

}  // namespace
}  // namespace mxban
