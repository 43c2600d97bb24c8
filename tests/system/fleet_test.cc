// A real fleet: the three programs as they are shipped, each server in a
// network namespace of its own, the real kernel, the how-to's own files.

#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(FleetTest, TheHowTosFilesBanForEightHoursOnEveryServer) {
  StartFleet();
  Attack("mx1", absl::Now());
  for (const std::string& server : kServers) {
    ASSERT_TRUE(AwaitRefused(kHowToAttacker, server)) << Ctl("bans").text;
    for (const uint16_t port : {25, 465, 587}) {
      EXPECT_EQ(Connect(kHowToAttacker, server, port),
                NetworkLab::Outcome::kRefused);
      EXPECT_EQ(Connect(kCustomer, server, port),
                NetworkLab::Outcome::kConnected);
    }
    EXPECT_EQ(Connect(kHowToAttacker, server, 80),
              NetworkLab::Outcome::kConnected);
    EXPECT_EQ(
        lab_.MustShell(server, "iptables-legacy -S"),
        "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
        "-N mxban-sendmail-auth\n"
        "-A INPUT -p tcp -m multiport --dports 587,465,25 "
        "-j mxban-sendmail-auth\n"
        "-A mxban-sendmail-auth -m set --match-set mxban-sendmail-auth-a4 src "
        "-j RETURN\n"
        "-A mxban-sendmail-auth -p tcp -m set --match-set "
        "mxban-sendmail-auth-4 src -j REJECT --reject-with tcp-reset\n"
        "-A mxban-sendmail-auth -j RETURN\n");
    EXPECT_THAT(lab_.MustShell(server, "ipset list mxban-sendmail-auth-4"),
                testing::ContainsRegex(
                    "119\\.129\\.227\\.125 timeout 28(79[0-9]|800)"));
  }
  ASSERT_TRUE(AwaitCurrent(2));
  EXPECT_THAT(Ctl("bans").text, HasSubstr("enforced 2/2"));
}

TEST_F(FleetTest, TheHowTosLineAsItStandsIsTooOldToCount) {
  StartFleet();
  std::ofstream(LogOf("mx1"), std::ios::app)
      << ReadFile("tests/corpus/seed/mail.log");
  Attack("mx1", absl::Now(), "203.0.113.30");
  EXPECT_TRUE(AwaitRefused("203.0.113.30", "mx2"));
  EXPECT_THAT(Ctl("bans").text, Not(HasSubstr(kHowToAttacker)));
}

TEST_F(FleetTest, BansSurviveTheDeathOfEveryProcess) {
  StartFleet();
  Attack("mx1", absl::Now());
  for (const std::string& server : kServers) {
    ASSERT_TRUE(AwaitRefused(kHowToAttacker, server));
  }
  lab_.Stop(coordinator_, SIGKILL);
  for (const std::string& server : kServers) {
    lab_.Stop(agents_[server], SIGKILL);
    EXPECT_EQ(Connect(kHowToAttacker, server, 25),
              NetworkLab::Outcome::kRefused);
  }
  StartFleet();
  EXPECT_THAT(Ctl("bans").text, HasSubstr("1 ban stands"));
  EXPECT_THAT(Ctl("status").text, HasSubstr("no failures counted"))
      << "what was counted before is not counted again";
  for (const std::string& server : kServers) {
    EXPECT_EQ(Connect(kHowToAttacker, server, 25),
              NetworkLab::Outcome::kRefused);
  }
}

TEST_F(FleetTest, ARebootWithoutTheCoordinatorStillEnforces) {
  StartFleet();
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));
  lab_.Stop(coordinator_, SIGKILL);
  lab_.Stop(agents_["mx2"], SIGKILL);
  lab_.MustShell("mx2",
                 "iptables-legacy -F && iptables-legacy -X && "
                 "ip6tables-legacy -F && ip6tables-legacy -X && "
                 "until ipset destroy; do :; done");
  ASSERT_EQ(Connect(kHowToAttacker, "mx2", 25),
            NetworkLab::Outcome::kConnected);
  agents_["mx2"] = StartAgent("mx2", {"--insecure"});
  EXPECT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));
}

TEST_F(FleetTest, AnOperatorsPardonOpensThePortsEverywhere) {
  StartFleet();
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));
  ASSERT_EQ(Ctl(absl::StrCat("unban ", kHowToAttacker)).exit_code, 0);
  EXPECT_TRUE(Eventually([&] {
    return Connect(kHowToAttacker, "mx2", 25) ==
           NetworkLab::Outcome::kConnected;
  }));
}

TEST_F(FleetTest, WhatMustNotBeBannedIsRefusedWithTheReason) {
  StartFleet();
  const NetworkLab::Output everyone = Ctl("ban 0.0.0.0/0 --jail sendmail");
  EXPECT_EQ(everyone.exit_code, 1);
  EXPECT_THAT(everyone.text, HasSubstr("0.0.0.0/0 is wider than /8"));
  const NetworkLab::Output loopback = Ctl("ban 127.0.0.1 --jail sendmail");
  EXPECT_EQ(loopback.exit_code, 1);
  EXPECT_THAT(loopback.text, HasSubstr("never bans"));
  const NetworkLab::Output rubbish = Ctl("ban everyone --jail sendmail");
  EXPECT_EQ(rubbish.exit_code, 1);
  EXPECT_THAT(rubbish.text, HasSubstr("'everyone' is not an IP address"));
}

TEST_F(FleetTest, AnOperatorCannotCutOffTheCoordinatorOrAServersOwnAddress) {
  StartFleet();
  ASSERT_EQ(
      Ctl(absl::StrCat("ban ", kCoordinator, " --jail sendmail")).exit_code, 0);
  ASSERT_TRUE(AwaitCurrent(2));
  EXPECT_EQ(lab_.TryConnect("coordinator", kCoordinator, AddressOf("mx1"), 25),
            NetworkLab::Outcome::kConnected);
}

TEST_F(FleetTest, FlushingOnExitLeavesNothingBehind) {
  StartCoordinator({"--insecure"});
  const pid_t agent = StartAgent("mx1", {"--insecure", "--flush_on_exit"});
  ASSERT_TRUE(AwaitCurrent(1));
  lab_.Stop(agent, SIGTERM);
  EXPECT_EQ(lab_.MustShell("mx1", "iptables-legacy -S"),
            "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n");
  EXPECT_EQ(lab_.MustShell("mx1", "ipset list -n"), "");
}

// Certificates, made as an operator makes them.
class FleetWithCertificatesTest : public FleetTest {
 protected:
  FleetWithCertificatesTest() {
    MakeAuthority("ours");
    MakeAuthority("theirs");
    MakeCertificate("coordinator", "ours",
                    absl::StrCat("DNS:coordinator,IP:", kCoordinator));
    MakeCertificate("mx1", "ours", "DNS:mx1");
    MakeCertificate("stranger", "theirs", "DNS:mx2");
    StartCoordinator(TlsFlags("coordinator", "ours"));
  }

  void MakeAuthority(const std::string& name) {
    OpenSsl(absl::StrCat(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1",
        " -subj /CN=", name, " -keyout ", name, ".key -out ", name, ".pem"));
  }

  void MakeCertificate(const std::string& name, const std::string& authority,
                       const std::string& names) {
    std::ofstream(absl::StrCat(folder(), "/", name, ".ext"))
        << "subjectAltName=" << names << "\n";
    OpenSsl(absl::StrCat(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj ",
        "/OU=agent/CN=", name, " -keyout ", name, ".key -out ", name, ".csr"));
    OpenSsl(absl::StrCat("x509 -req -days 1 -in ", name, ".csr -CA ", authority,
                         ".pem -CAkey ", authority, ".key -CAcreateserial",
                         " -extfile ", name, ".ext -out ", name, ".pem",
                         " && chown nobody ", name, ".key"));
  }

  void OpenSsl(const std::string& arguments) {
    lab_.MustShell("coordinator",
                   absl::StrCat("cd ", folder(), " && openssl ", arguments));
  }

  std::vector<std::string> TlsFlags(const std::string& name,
                                    const std::string& authority) const {
    return {absl::StrCat("--tls_cert=", folder(), "/", name, ".pem"),
            absl::StrCat("--tls_key=", folder(), "/", name, ".key"),
            absl::StrCat("--tls_ca=", folder(), "/", authority, ".pem")};
  }

  // Whether the program's log comes to hold `text`.
  bool AwaitLog(const std::string& name, const std::string& text) {
    return Eventually([&] {
      return ReadFile(OutputOf(name)).find(text) != std::string::npos;
    });
  }
};

TEST_F(FleetWithCertificatesTest, AGoodCertificateIsLetIn) {
  StartAgent("mx1", TlsFlags("mx1", "ours"));
  EXPECT_TRUE(AwaitCurrent(1))
      << ReadFile(OutputOf("mx1")) << ReadFile(OutputOf("coordinator"));
}

TEST_F(FleetWithCertificatesTest, AnAgentCannotSpeakForAnotherServer) {
  StartAgent("mx2", TlsFlags("mx1", "ours"));
  const std::string reason = "the certificate does not bear the name mx2";
  EXPECT_TRUE(AwaitLog("mx2", reason)) << ReadFile(OutputOf("mx2"));
  EXPECT_TRUE(AwaitLog("coordinator", reason));
}

TEST_F(FleetWithCertificatesTest, AnotherAuthoritysCertificateIsRefused) {
  // It trusts the coordinator, but the coordinator does not trust it.
  StartAgent("mx2", TlsFlags("stranger", "ours"));
  EXPECT_TRUE(AwaitLog("mx2", "no connection to coordinator"));
  EXPECT_TRUE(AwaitLog("coordinator", "certificate verify failed"));
}

TEST_F(FleetWithCertificatesTest, NoCertificateIsRefused) {
  StartAgent("mx1", {"--insecure"});
  EXPECT_TRUE(AwaitLog("mx1", "no connection to coordinator"));
  EXPECT_TRUE(AwaitLog("coordinator", "Handshake failed"));
}

TEST_F(FleetWithCertificatesTest, AnAgentRefusesAnUntrustedCoordinator) {
  StartAgent("mx1", TlsFlags("mx1", "theirs"));
  EXPECT_TRUE(AwaitLog("mx1", "certificate verify failed"));
}

}  // namespace
}  // namespace mxban
