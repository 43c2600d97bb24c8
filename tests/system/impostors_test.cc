// Those who are not what they say: what each tries, and what holds. The
// programs as they are shipped, with certificates as an operator makes them.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/secret.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAdmin[] = "192.0.2.1:7461";
constexpr char kNobody[] = "nobody";  // Whom the agents become.

class ImpostorsTest : public FleetTest {
 protected:
  ImpostorsTest() {
    chmod(pki_.folder().c_str(), 0711);  // Each agent comes to its own key.
    pki_.Make("coordinator", "coordinator", kCoordinator);
    for (const std::string& server : kServers) Make("agent", server);
    pki_.Make("operator", "alice");
    pki_.Make("viewer", "bob");
  }

  void Make(const std::string& role, const std::string& name,
            const std::string& address = "") {
    pki_.Make(role, name, address);
    GiveKey(name);
  }
  void GiveKey(const std::string& name) {
    lab_.MustShell("coordinator", absl::StrCat("chown ", kNobody, " ",
                                               pki_.Path(name + ".key")));
  }

  std::vector<std::string> TlsFlags(const std::string& name) const {
    const TlsFiles files = pki_.Files(name);
    return {"--tls_cert=" + files.cert, "--tls_key=" + files.key,
            "--tls_ca=" + files.ca};
  }

  // With the certificate of `name`, and those who are revoked.
  void Coordinate(const std::string& name = "coordinator") {
    std::vector<std::string> flags = TlsFlags(name);
    flags.push_back("--tls_crl=" + pki_.Path("crl.pem"));
    flags.push_back(
        absl::StrCat("--admin_listen=unix:", folder(), "/admin.sock,", kAdmin));
    StartCoordinator(flags);
  }

  // As server `server`, with the certificate of `name`.
  void Serve(const std::string& server, const std::string& name) {
    std::vector<std::string> flags = TlsFlags(name);
    flags.push_back(absl::StrCat("--user=", kNobody));
    flags.push_back("--tls_crl=" + pki_.Path("crl.pem"));
    agents_[server] = StartAgent(server, flags);
  }

  // mxbanctl on server mx1, by TCP.
  NetworkLab::Output CtlByTcp(const std::vector<std::string>& flags,
                              const std::string& command) {
    return lab_.Shell("mx1",
                      absl::StrCat("ctl/mxbanctl --endpoint=", kAdmin, " ",
                                   absl::StrJoin(flags, " "), " ", command));
  }

  bool AwaitLog(const std::string& name, const std::string& text,
                absl::Duration patience = kPatience) {
    return Eventually(
        [&] {
          return ReadFile(OutputOf(name)).find(text) != std::string::npos;
        },
        patience);
  }

  // The agent on mx2 is never connected, and says why.
  void ExpectRefused(const std::string& reason) {
    EXPECT_TRUE(AwaitLog("mx2", reason)) << ReadFile(OutputOf("mx2"));
    EXPECT_THAT(ReadFile(OutputOf("mx2")),
                Not(HasSubstr("connected to coordinator")));
    EXPECT_THAT(Ctl("agents").text, Not(HasSubstr("mx2")));
  }

  Certificates pki_;
};

// Tries: an agent that was broken into reports failures, and takes bans, in
// another server's name. Holds: the name must be in its own certificate.
TEST_F(ImpostorsTest, AForgedIdentity) {
  Coordinate();
  Serve("mx2", "mx1");
  ExpectRefused("the certificate does not bear the name mx2");
}

// Tries: a certificate that was good until yesterday. Holds: both ends look at
// the dates.
TEST_F(ImpostorsTest, AnExpiredCertificate) {
  Coordinate();
  pki_.MakeOdd("late", "agent", -1);
  GiveKey("late");
  Serve("mx2", "late");
  ExpectRefused("no connection to coordinator");
  EXPECT_TRUE(AwaitLog("coordinator", "certificate verify failed"));
  EXPECT_TRUE(AwaitLog("mx2", "has expired on")) << "told before anything else";
}

// Tries: a certificate for mx2 of an authority of one's own. Holds: only
// --tls_ca is believed.
TEST_F(ImpostorsTest, AnotherAuthority) {
  Coordinate();
  Certificates other;
  other.Make("agent", "mx2");
  for (const char* file : {".pem", ".key"}) {
    std::filesystem::copy(other.Path(absl::StrCat("mx2", file)),
                          pki_.Path(absl::StrCat("mx2", file)),
                          std::filesystem::copy_options::overwrite_existing);
  }
  GiveKey("mx2");
  Serve("mx2", "mx2");
  ExpectRefused("no connection to coordinator");
  EXPECT_TRUE(AwaitLog("coordinator", "certificate verify failed"));
}

// Tries: a certificate that nobody signed. Holds: as above.
TEST_F(ImpostorsTest, ASelfSignedCertificate) {
  Coordinate();
  pki_.MakeSelfSigned("mallory");
  GiveKey("mallory");
  Serve("mx2", "mallory");
  ExpectRefused("no connection to coordinator");
  EXPECT_TRUE(AwaitLog("coordinator", "certificate verify failed"));
}

// Tries: a stolen key goes on being used after its certificate was revoked, on
// a stream that stands. Holds: the stream ends within a quarter of a minute,
// and no other begins. The agent enforces what it knows, and its own bans.
TEST_F(ImpostorsTest, ARevokedCertificate) {
  Coordinate();
  for (const std::string& server : kServers) Serve(server, server);
  ASSERT_TRUE(AwaitCurrent(2)) << Ctl("agents").text;
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));

  std::filesystem::copy(pki_.Path("mx2.key"), pki_.Path("stolen.key"));
  GiveKey("stolen");
  std::filesystem::copy(pki_.Path("mx2.pem"), pki_.Path("stolen.pem"));
  pki_.Revoke("mx2");
  EXPECT_TRUE(AwaitLog("coordinator", "agent mx2 has left", absl::Seconds(40)));
  EXPECT_TRUE(AwaitLog("mx2", "the certificate of mx2: certificate revoked"))
      << ReadFile(OutputOf("mx2"));
  EXPECT_EQ(Connect(kHowToAttacker, "mx2", 25), NetworkLab::Outcome::kRefused);
  Attack("mx2", absl::Now(), "203.0.113.30");
  EXPECT_TRUE(AwaitRefused("203.0.113.30", "mx2"));
  EXPECT_EQ(Connect("203.0.113.30", "mx1", 25),
            NetworkLab::Outcome::kConnected);
  // Elsewhere the stolen key is no better.
  lab_.Stop(agents_["mx2"], SIGKILL);
  std::filesystem::remove(OutputOf("mx2"));
  Serve("mx2", "stolen");
  EXPECT_TRUE(AwaitLog("mx2", "the certificate of mx2: certificate revoked"));
}

// Tries: an agent's certificate at the operators' port; a viewer who bans; an
// operator who reports failures; nobody at all. Holds: the role is in the
// certificate, and there is one table of who may call what.
TEST_F(ImpostorsTest, MoreThanTheRoleAllows) {
  Coordinate();
  const std::string ban = "ban 203.0.113.30 --jail sendmail";
  const NetworkLab::Output agent = CtlByTcp(TlsFlags("mx1"), "status");
  EXPECT_EQ(agent.exit_code, 1);
  EXPECT_THAT(agent.text, HasSubstr("the certificate of mx1 is not an "
                                    "operator's or a viewer's"));
  const NetworkLab::Output viewer = CtlByTcp(TlsFlags("bob"), ban);
  EXPECT_EQ(viewer.exit_code, 1);
  EXPECT_THAT(viewer.text,
              HasSubstr("bob is a viewer, ImposeBan is for operators"));
  chmod(pki_.Path("bob.key").c_str(), 0644);
  const NetworkLab::Output bans = CtlByTcp(TlsFlags("bob"), "bans");
  EXPECT_EQ(bans.exit_code, 0);
  EXPECT_THAT(bans.text,
              HasSubstr("bob.key' can be read or written by others"));
  EXPECT_EQ(CtlByTcp(TlsFlags("alice"), ban).exit_code, 0);
  GiveKey("alice");
  Serve("mx2", "alice");
  ExpectRefused("the certificate of alice is not an agent's");
}

// Tries: a token that is none, one of a viewer's that bans, and a token sent
// in plain text. Holds: tokens are known by their hash, and leave mxbanctl
// through TLS or not at all.
TEST_F(ImpostorsTest, ATokenThatIsNone) {
  const std::string token = NewToken();
  std::ofstream(pki_.Path("tokens")) << "grafana viewer " << Sha256Hex(token);
  std::ofstream(pki_.Path("good")) << token << "\n";
  std::ofstream(pki_.Path("bad")) << NewToken() << "\n";
  for (const char* file : {"tokens", "good", "bad"}) {
    chmod(pki_.Path(file).c_str(), 0600);
  }
  std::vector<std::string> flags = TlsFlags("coordinator");
  flags.push_back("--tokens_file=" + pki_.Path("tokens"));
  flags.push_back(
      absl::StrCat("--admin_listen=unix:", folder(), "/admin.sock,", kAdmin));
  StartCoordinator(flags);
  const std::string ca = "--tls_ca=" + pki_.Path("ca.pem");
  const auto with = [&](const char* file) {
    return "--token_file=" + pki_.Path(file);
  };
  EXPECT_EQ(CtlByTcp({ca, with("good")}, "status").exit_code, 0);
  EXPECT_THAT(
      CtlByTcp({ca, with("good")}, "unban 203.0.113.30").text,
      HasSubstr("token:grafana is a viewer, PardonBan is for operators"));
  EXPECT_THAT(CtlByTcp({ca, with("bad")}, "status").text,
              HasSubstr("the token is not one that is known here"));
  EXPECT_THAT(CtlByTcp({with("good"), "--insecure"}, "status").text,
              HasSubstr("a token is sent over TLS only"));
}

// Tries: an agent that was broken into stands where the coordinator should, and
// would ban, or pardon, whom it likes. Holds: its certificate is for clients
// alone, though it bears the address.
TEST_F(ImpostorsTest, AnAgentThatPlaysCoordinator) {
  Make("agent", "evil", kCoordinator);
  Coordinate("evil");
  Serve("mx2", "mx2");
  ExpectRefused("certificate verify failed");
}

// Tries: to speak plain text to a port with TLS. Holds: nothing is understood
// before the handshake.
TEST_F(ImpostorsTest, PlainText) {
  Coordinate();
  agents_["mx2"] = StartAgent("mx2", {"--insecure"});
  ExpectRefused("no connection to coordinator");
  EXPECT_EQ(CtlByTcp({"--insecure"}, "status").exit_code, 1);
}

// Tries: nothing; all certificates are replaced while attacks go on, each file
// by itself. Holds: no connection ends, no ban is missed.
TEST_F(ImpostorsTest, RotationWhileTheFleetWorks) {
  Coordinate();
  for (const std::string& server : kServers) Serve(server, server);
  ASSERT_TRUE(AwaitCurrent(2)) << Ctl("agents").text;
  Certificates next;  // Of the same authority.
  for (const char* file : {"ca.pem", "ca.key", "crl.pem"}) {
    std::filesystem::copy(pki_.Path(file), next.Path(file));
  }
  next.Make("coordinator", "coordinator", kCoordinator);
  for (const std::string& server : kServers) next.Make("agent", server);
  int attackers = 0;
  for (const char* name : {"coordinator", "mx1", "mx2"}) {
    for (const char* file : {".key", ".pem"}) {
      const std::string replaced = absl::StrCat(name, file);
      std::filesystem::rename(next.Path(replaced), pki_.Path(replaced));
      if (std::string(file) == ".key") GiveKey(name);
      const std::string source = absl::StrCat("203.0.113.", 40 + attackers++);
      lab_.AddAddresses("outside", {source});
      Attack("mx1", absl::Now(), source);
      for (const std::string& server : kServers) {
        EXPECT_TRUE(AwaitRefused(source, server))
            << source << " on " << server << " after " << replaced;
      }
    }
  }
  EXPECT_TRUE(AwaitLog("coordinator", "coordinator.pem' has changed"));
  EXPECT_THAT(ReadFile(OutputOf("coordinator")), Not(HasSubstr("has left")));
  // An agent that comes anew finds both ends renewed.
  lab_.Stop(agents_["mx2"], SIGKILL);
  Serve("mx2", "mx2");
  EXPECT_TRUE(AwaitCurrent(2)) << ReadFile(OutputOf("mx2"));
}

}  // namespace
}  // namespace mxban
