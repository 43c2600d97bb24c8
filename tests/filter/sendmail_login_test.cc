// Whose login deploy/config/filter.d/sendmail-auth.conf takes a line for, the
// right and the failed ones, and what clients would like to make it believe.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::Not;

FailureMatcher Auth() { return LoadSendmailFilter("sendmail-auth"); }

// `USER at ADDRESS` of the right login or the failure that `message` tells.
std::string LoginOf(const std::string& message) {
  FailureMatcher matcher = Auth();
  const auto result = matcher.Match(
      absl::StrCat("Nov 23 08:40:11 mx1 sm-mta[1668]: ", message), kCorpusNow);
  if (result.users.empty()) return "";
  return absl::StrCat(
      result.outcome == FailureMatcher::Outcome::kRightLogin ? "right " : "",
      result.users[0], " at ", result.host);
}

TEST(SendmailRightLoginTest, IsReadAsSendmailMeantIt) {
  EXPECT_EQ(LoginOf("AUTH=server, relay=[192.0.2.1], authid=alice, "
                    "mech=PLAIN, bits=0"),
            "right alice at 192.0.2.1");
  EXPECT_EQ(LoginOf("AUTH=server, relay=j@n.example [IPv6:2001:db8:0:0:0:0:0:1]"
                    " (may be forged), authid=a b@c, mech=CRAM-MD5, bits=256"),
            "right a b@c at 2001:db8:0:0:0:0:0:1");
  EXPECT_EQ(LoginOf("message repeated 2 times: [ AUTH=server, "
                    "relay=[192.0.2.1], authid=alice, mech=PLAIN, bits=0]"),
            "right alice at 192.0.2.1");
}

// Saslauthd may take "bob@ANYTHING" for bob: what is behind is the client's.
TEST(SendmailRightLoginTest, AUserNameChoosesNoAddressAndNoOtherUser) {
  EXPECT_EQ(LoginOf("AUTH=server, relay=[192.0.2.1], authid=bob@x, "
                    "relay=[203.0.113.250], authid=alice, mech=PLAIN, bits=0"),
            "right bob@x, relay=[203.0.113.250], authid=alice at 192.0.2.1");
  EXPECT_EQ(LoginOf("AUTH=server, relay=[192.0.2.1], authid=bob@x, mech=PLAIN, "
                    "bits=0, authid=alice, mech=PLAIN, bits=0"),
            "right bob@x, mech=PLAIN, bits=0, authid=alice at 192.0.2.1");
}

TEST(SendmailRightLoginTest, NobodyElseWritesSuchALine) {
  const std::string right =
      "AUTH=server, relay=[192.0.2.1], authid=alice, mech=PLAIN, bits=0";
  for (const std::string& hostile : std::vector<std::string>{
           kSessionId + right,
           "NOQUEUE: " + right,
           kSessionId + right + "... User unknown",
           kSessionId + ("<" + right) + ">... User unknown",
           kSessionId + ("<-- " + right),
           "<-- " + right,
           right + "... User unknown",
           "6AN8eB0v001668[2]: " + right,
           "6AN8eB0v001668[1]: " + right,
           kSessionId + ("[203.0.113.9]: VRFY " + right),
           kSessionId + ("from=<>, " + right),
           "AUTH=client" + right.substr(11),
           "ruleset=check_relay, arg1=x, " + right,
           "STARTTLS=server, " + right,
           "x#012sm-mta[1]: " + right,
           "AUTH=server, relay=x, " + right.substr(13),
           "AUTH=server, relay=192.0.2.1, authid=alice, mech=PLAIN, bits=0",
           "AUTH=server, relay=[192.0.2.1].example [203.0.113.9], "
           "authid=alice, mech=PLAIN, bits=0",
           right + " x",
           right.substr(0, right.size() - 8)}) {
    EXPECT_THAT(LoginOf(hostile), Not(testing::StartsWith("right"))) << hostile;
  }
}

std::string Failed(const std::string& reason, const std::string& user) {
  return absl::StrCat(kSessionId, "AUTH failure (X): ", reason, ", user=", user,
                      ", relay=[192.0.2.1]");
}

constexpr char kWrong[] =
    "authentication failure (-13) SASL(-13): authentication failure: "
    "checkpass failed";

TEST(SendmailFailedUserTest, IsTheWholeOfWhatWasTried) {
  EXPECT_EQ(LoginOf(Failed(kWrong, "alice")), "alice at 192.0.2.1");
  EXPECT_EQ(LoginOf(Failed(kWrong, "a b")), "a b at 192.0.2.1");
  EXPECT_EQ(LoginOf(absl::StrCat(kFailedLogin, ", relay=[192.0.2.1]")),
            " at 192.0.2.1")
      << "before 8.16";
  EXPECT_EQ(LoginOf(Failed(kWrong, "")), " at 192.0.2.1");
}

// Whoever has alice's password must not be alice while he guesses root's.
TEST(SendmailFailedUserTest, CannotBeMadeAnotherOne) {
  EXPECT_EQ(LoginOf(Failed(kWrong, "root@, user=alice")),
            "root@, user=alice at 192.0.2.1");
  EXPECT_EQ(LoginOf(Failed(kWrong, "alice, relay=[192.0.2.1], user=root")),
            "alice, relay=[192.0.2.1], user=root at 192.0.2.1");
  EXPECT_EQ(LoginOf(Failed("user not found (-20) SASL(-13): user not found: "
                           "user: x, user=alice@mx1.example.net property: "
                           "cmusaslsecretCRAM-MD5 not found in sasldb",
                           "x, user=alice")),
            " at 192.0.2.1");
  EXPECT_EQ(LoginOf(Failed("user not found (-20) SASL(-13): user not found: "
                           "user: x, user=alice, relay=[192.0.2.1]@mx1.example"
                           ".net property: x not found in sasldb",
                           "x, user=alice, relay=[192.0.2.1]")),
            " at 192.0.2.1");
}

TEST(SendmailFailedUserTest, IsKnownWhereTheAddressIsCutOff) {
  FailureMatcher matcher = Auth();
  const std::string head = "Nov 23 08:40:11 mx1 sm-mta[1668]: ";
  for (const char* user : {"alice", "bob"}) {
    matcher.Match(absl::StrCat(head, kFailedLogin, ", user=", user,
                               ", relay=", CutName("")),
                  kCorpusNow);
  }
  matcher.Match(absl::StrCat(head,
                             "6AN8eB0v001668[1]: AUTH failure (CRAM-MD5):"
                             " user not found (-20) SASL(-13): user:  ..."),
                kCorpusNow);
  const auto result = matcher.Match(
      absl::StrCat(head, kSessionId, "[192.0.2.1]: VRFY x"), kCorpusNow);
  EXPECT_THAT(result.users, ElementsAre("alice", "bob", ""));
}

}  // namespace
}  // namespace mxban
