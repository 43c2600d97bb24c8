// Debian's own files, as an operator copies them.
//
// Reads /etc/fail2ban of the package `fail2ban`; tools/install --check sees to
// it that it is there.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/jail_config.h"
#include "filter/ini_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kStock[] = "/etc/fail2ban";

// Those that ask for what mxban does not do, and what is said of them.
const std::map<std::string, std::string>& Refused() {
  static const auto* const refused = new std::map<std::string, std::string>{
      {"apache-fakegooglebot", "ignorecommand is not supported: mxban runs no"},
      {"pass2allow-ftp", "blocktype = 'RETURN': mxban turns away by"},
      {"softethervpn", "protocol = udp: mxban closes TCP ports only"},
  };
  return *refused;
}

class StockJailsTest : public testing::Test {
 protected:
  StockJailsTest() {
    EXPECT_TRUE(std::filesystem::exists(std::string(kStock) + "/jail.conf"))
        << "the package fail2ban is missing: tools/install --check";
    std::filesystem::copy(kStock, directory_.path(),
                          std::filesystem::copy_options::recursive);
  }

  absl::StatusOr<JailConfig> LoadWith(const std::string& jail_local) {
    directory_.Write("jail.local", jail_local);
    return LoadJails(directory_.path());
  }

  // All jails that the package has.
  std::vector<std::string> StockNames() {
    return IniFile::Load(directory_.In("jail"))->sections();
  }

  static std::string Enable(absl::string_view name) {
    return absl::StrCat("[", name, "]\nenabled = true\n");
  }

  static const Jail& Named(const JailConfig& config, absl::string_view name) {
    for (const Jail& jail : config.jails) {
      if (jail.name == name) return jail;
    }
    ADD_FAILURE() << "there is no jail " << name;
    return config.jails[0];
  }

  ConfigDirectory directory_;
};

TEST_F(StockJailsTest, AllLoadButThreeThatAskForMore) {
  std::string jail_local;
  size_t expected = 0;
  for (const std::string& name : StockNames()) {
    if (Refused().contains(name)) continue;
    absl::StrAppend(&jail_local, Enable(name));
    ++expected;
  }
  EXPECT_GT(expected, 80u);
  const auto config = LoadWith(jail_local);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->jails.size(), expected);
}

TEST_F(StockJailsTest, TheOthersAreRefusedByName) {
  for (const auto& [name, complaint] : Refused()) {
    EXPECT_THAT(std::string(LoadWith(Enable(name)).status().message()),
                AllOf(HasSubstr("/jail.conf:"), HasSubstr(complaint)))
        << name;
  }
}

TEST_F(StockJailsTest, AsItIsInstalledSshdIsOn) {
  const auto config = LoadJails(directory_.path());
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->jails.size(), 1u);
  EXPECT_EQ(config->jails[0].name, "sshd");
  EXPECT_EQ(config->jails[0].max_retry, 5u);
  EXPECT_THAT(config->jails[0].log_paths, ElementsAre("/var/log/auth.log"));
}

TEST_F(StockJailsTest, MailJailsMeanWhatTheySay) {
  const auto config = LoadWith(
      "[DEFAULT]\nbantime = 1h\nignoreip = 127.0.0.1/8 ::1\n"
      "[sendmail-auth]\nenabled = true\n[sendmail-reject]\nenabled = true\n"
      "[postfix]\nenabled = true\n[dovecot]\nenabled = true\n");
  ASSERT_TRUE(config.ok()) << config.status();
  const Jail& auth = Named(*config, "sendmail-auth");
  EXPECT_THAT(auth.log_paths, ElementsAre("/var/log/mail.log"));
  EXPECT_EQ(auth.ban_time, absl::Hours(1));
  EXPECT_EQ(auth.ignored_networks.size(), 2u);
  EXPECT_THAT(
      auth.enforcement.ports,
      ElementsAre(PortRange{587, 587}, PortRange{465, 465}, PortRange{25, 25}));
  EXPECT_EQ(config->filters.at("postfix"), "postfix[mode=more]");
  EXPECT_EQ(Named(*config, "dovecot").enforcement.ports.size(), 7u);
  EXPECT_EQ(config->filters.at("sendmail-reject"),
            "sendmail-reject[mode=normal]");
}

TEST_F(StockJailsTest, AllportsClosesAllTcpPorts) {
  const auto config = LoadWith(Enable("recidive"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(Named(*config, "recidive").enforcement.ports,
              ElementsAre(PortRange{1, 65535}));
  EXPECT_THAT(config->notes,
              Contains(HasSubstr("is written by Fail2Ban alone")));
}

TEST_F(StockJailsTest, OfUdpAndTcpTheTcpPortsAreClosed) {
  const auto config = LoadWith(Enable("counter-strike"));
  ASSERT_TRUE(config.ok()) << config.status();
  const Jail& jail = Named(*config, "counter-strike");
  EXPECT_EQ(jail.enforcement.ports.size(), 10u);
  EXPECT_EQ(jail.enforcement.name, "counter-strike-tcp");
  EXPECT_THAT(config->notes,
              Contains(HasSubstr("[counter-strike] action iptables-multiport: "
                                 "is left out, for protocol = udp")));
}

TEST_F(StockJailsTest, MailAboutBansIsLeftOutAloud) {
  const auto config = LoadWith(
      "[DEFAULT]\ndestemail = ops@example.net\naction = %(action_mwl)s\n"
      "[sendmail-auth]\nenabled = true\n[dovecot]\nenabled = true\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->notes,
              Contains(HasSubstr("jail.local:3: [DEFAULT] action "
                                 "sendmail-whois-lines is left out")));
}

TEST_F(StockJailsTest, EveryFirewallOfTheStockActionsWillDo) {
  for (const char* action :
       {"nftables", "nftables-multiport", "nftables-allports", "ufw",
        "firewallcmd-ipset", "firewallcmd-rich-rules", "shorewall", "route",
        "hostsdeny", "pf", "npf", "bsd-ipfw", "iptables-ipset-proto6"}) {
    const auto config = LoadWith(absl::StrCat("[DEFAULT]\nbanaction = ", action,
                                              "\n", Enable("sendmail-auth")));
    EXPECT_TRUE(config.ok()) << config.status();
  }
}

TEST_F(StockJailsTest, TheOperatorsBlocktypeHolds) {
  directory_.Write("action.d/iptables.local", "[Init]\nblocktype = DROP\n");
  const auto config = LoadWith(Enable("sendmail-auth"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(Named(*config, "sendmail-auth").enforcement.rejection,
            Rejection::kDrop);
}

TEST_F(StockJailsTest, LittleIsNotedOfWhatIsOn) {
  const auto config = LoadWith(Enable("sendmail-auth"));
  ASSERT_TRUE(config.ok()) << config.status();
  std::vector<std::string> others;
  for (const std::string& note : config->notes) {
    const bool is_known = note.find("only dbpurgeage") != std::string::npos ||
                          note.find("maxmatches") != std::string::npos;
    if (!is_known) others.push_back(note);
  }
  EXPECT_THAT(others, IsEmpty());
}

}  // namespace
}  // namespace mxban
