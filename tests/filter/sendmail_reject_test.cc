// Measures deploy/config/filter.d/sendmail-reject.conf by what three servers
// refused, and to whom.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

FailureMatcher Reject(const std::string& mode) {
  return LoadSendmailFilter("sendmail-reject", {{"mode", mode}});
}

// On mx1 and mx2 mode extra tells all that the scanners did, except for
// recipients that the access database does not refuse.
class SendmailRejectTruthTest : public testing::TestWithParam<const char*> {};

TEST_P(SendmailRejectTruthTest, ExtraCountsWhatScannersDid) {
  const FailureCounts done =
      TrueCounts(GetParam(), [](const nlohmann::json& server) {
        return Abuse(server, "relay") + Abuse(server, "sender domain") +
               Abuse(server, "access sender") + Abuse(server, "unknown user") +
               Abuse(server, "pregreet");
      });
  EXPECT_EQ(done.size(), 10u);
  const FailureCounts told =
      CountFailures(Reject("extra"), absl::StrCat(GetParam(), "/mail.log"));
  for (const auto& [address, count] : done) {
    EXPECT_THAT(told, testing::Contains(Pair(address, count)));
  }
}

TEST_P(SendmailRejectTruthTest, NormalBlamesNobodyThatSendsMail) {
  FailureCounts innocent;
  const FailureCounts told =
      CountFailures(Reject("normal"), absl::StrCat(GetParam(), "/mail.log"));
  for (const auto& [address, facts] : Truth()["addresses"].items()) {
    const auto& roles = facts["roles"];
    if (roles[0] != "user" && roles[0] != "peer") continue;
    const auto blamed = told.find(IpNetwork::ParseOrDie(address).ToString());
    if (blamed != told.end()) innocent.insert(*blamed);
  }
  EXPECT_THAT(innocent, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Corpus, SendmailRejectTruthTest,
                         testing::Values("mx1", "mx2"));

struct Log {
  std::string mode;
  std::string name;
  FailureCounts refusals;
};

class SendmailRejectLogTest : public testing::TestWithParam<Log> {};

TEST_P(SendmailRejectLogTest, CountsEachRefusalOnce) {
  EXPECT_EQ(CountFailures(Reject(GetParam().mode), GetParam().name),
            GetParam().refusals);
}

// .66, .67 and .69 may not even connect; .50 to .52 put addresses of others
// into theirs. mx3 demands reverse names.
INSTANTIATE_TEST_SUITE_P(
    Normal, SendmailRejectLogTest,
    testing::Values(
        Log{"normal",
            "mx1/mail.log",
            {{"203.0.113.21", 6},
             {"203.0.113.22", 2},
             {"203.0.113.23", 6},
             {"203.0.113.50", 8},
             {"203.0.113.66", 2},
             {"203.0.113.67", 2},
             {"203.0.113.70", 1},
             {"203.0.113.73", 3},
             {"203.0.113.74", 3},
             {"203.0.113.75", 1},
             {"2001:db8:bad::31", 6},
             {"2001:db8:bad::70", 2},
             {"2001:db8:bad::73", 6}}},
        Log{"normal",
            "mx2/mail.iso.log",
            {{"203.0.113.21", 6},
             {"203.0.113.22", 2},
             {"203.0.113.23", 6},
             {"203.0.113.51", 6},
             {"203.0.113.66", 2},
             {"203.0.113.67", 2},
             {"203.0.113.69", 2},
             {"203.0.113.70", 1},
             {"203.0.113.73", 3},
             {"203.0.113.74", 3},
             {"203.0.113.75", 1},
             {"2001:db8:bad::31", 6},
             {"2001:db8:bad::70", 2},
             {"2001:db8:bad::73", 6}}},
        Log{"normal",
            "mx3/mail.log",
            {{"203.0.113.21", 6},
             {"203.0.113.22", 2},
             {"203.0.113.23", 6},
             {"203.0.113.52", 10},
             {"203.0.113.66", 2},
             {"203.0.113.67", 2},
             {"203.0.113.69", 2},
             {"203.0.113.70", 1},
             {"203.0.113.71", 8},
             {"203.0.113.73", 8},
             {"203.0.113.74", 9},
             {"203.0.113.75", 1},
             {"2001:db8:bad::31", 6},
             {"2001:db8:bad::70", 2},
             {"2001:db8:bad::73", 10}}},
        Log{"normal", "extra/mail.rfc5424.log", {{"203.0.113.90", 2}}},
        Log{"normal", "extra/conncontrol-v6.mail.log", {}},
        Log{"normal", "loglevel/mail.LL05.log", {{"203.0.113.92", 2}}}));

// Beside scanners a partner's server, 24 times: its people mistype.
INSTANTIATE_TEST_SUITE_P(Aggressive, SendmailRejectLogTest,
                         testing::Values(Log{"aggressive",
                                             "mx1/mail.log",
                                             {{"203.0.113.21", 8},
                                              {"203.0.113.22", 2},
                                              {"203.0.113.23", 8},
                                              {"203.0.113.50", 10},
                                              {"203.0.113.66", 2},
                                              {"203.0.113.67", 2},
                                              {"203.0.113.70", 1},
                                              {"203.0.113.71", 14},
                                              {"203.0.113.73", 6},
                                              {"203.0.113.74", 5},
                                              {"203.0.113.75", 1},
                                              {"2001:db8:bad::31", 8},
                                              {"2001:db8:bad::70", 2},
                                              {"2001:db8:bad::73", 8},
                                              {"2001:db8:cafe::200", 24}}},
                                         Log{"aggressive",
                                             "mx3/mail.log",
                                             {{"203.0.113.21", 8},
                                              {"203.0.113.22", 2},
                                              {"203.0.113.23", 10},
                                              {"203.0.113.52", 10},
                                              {"203.0.113.66", 2},
                                              {"203.0.113.67", 2},
                                              {"203.0.113.69", 2},
                                              {"203.0.113.70", 1},
                                              {"203.0.113.71", 8},
                                              {"203.0.113.73", 10},
                                              {"203.0.113.74", 12},
                                              {"203.0.113.75", 1},
                                              {"2001:db8:bad::31", 8},
                                              {"2001:db8:bad::70", 2},
                                              {"2001:db8:bad::73", 10}}}));

constexpr char kDenied[] =
    ", reject=550 5.7.1 <v@x.example>... Relaying denied";

SendmailLine Refused(const char* what, const std::string& text,
                     const char* host = "") {
  return Behind(what, absl::StrCat("ruleset=check_rcpt, arg1=", text), host);
}

class SendmailRejectLineTest : public testing::TestWithParam<SendmailLine> {};

TEST_P(SendmailRejectLineTest, IsReadAsSendmailMeantIt) {
  EXPECT_EQ(BlamedBy(Reject("aggressive"), GetParam().message), GetParam().host)
      << GetParam().what << "\n"
      << GetParam().message;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SendmailRejectLineTest,
    testing::Values(
        Refused("relaying",
                absl::StrCat("<v@x.example>, relay=n.example [192.0.2.1] (may "
                             "be forged)",
                             kDenied),
                "192.0.2.1"),
        SendmailLine{"a blocklist, whose answer is in arg2",
                     "ruleset=check_relay, arg1=[192.0.2.1], arg2=127.0.0.2, "
                     "relay=[192.0.2.1], reject=550 5.7.1 Rejected: 192.0.2.1 "
                     "listed at bl.example.org",
                     "192.0.2.1"},
        Behind("before the greeting",
               "rejecting commands from [IPv6:2001:db8:0:0:0:0:0:1] "
               "[IPv6:2001:db8:0:0:0:0:0:1] due to pre-greeting traffic after "
               "0 seconds",
               "2001:db8:0:0:0:0:0:1"),
        Behind("before the reply",
               "rejecting server EHLO from n.example [192.0.2.1] due to "
               "traffic before response",
               "192.0.2.1"),
        Refused("for now",
                "<v@x.example>, relay=[192.0.2.1], reject=451 4.1.8 Possibly "
                "forged hostname for 192.0.2.1",
                "192.0.2.1"),
        Behind("a bare linefeed",
               "collect: relay=[192.0.2.1], from=<a, relay=[203.0.113.250]>, "
               "info=Bare linefeed (LF) not allowed, where=body",
               "192.0.2.1"),
        Behind("hanging up",
               "lost input channel from [192.0.2.1] to MTA-v4 after rcpt",
               "192.0.2.1")));

INSTANTIATE_TEST_SUITE_P(
    Hostile, SendmailRejectLineTest,
    testing::Values(
        Refused("a relay within the recipient",
                absl::StrCat("<\", relay=[203.0.113.250], reject=550\"@x>, "
                             "relay=[192.0.2.1]",
                             kDenied)),
        Refused("a whole refusal within the recipient",
                absl::StrCat("<x>, relay=[203.0.113.250]", kDenied,
                             ", relay=[192.0.2.1]", kDenied)),
        Refused("a relay within the sender",
                "<v@x>, relay=[192.0.2.1], reject=553 5.1.8 Domain of sender "
                "address \", relay=[203.0.113.250], reject=550\"@x does not "
                "exist"),
        Refused("a relay that is none",
                absl::StrCat("<v@x>, relay=[203.0.113.250].example", kDenied)),
        Refused("too many connections",
                "<v@x>, relay=[192.0.2.1], reject=421 4.3.2 Too many open "
                "connections."),
        Refused("a discarded one", "<v@x>, relay=[192.0.2.1], discard"),
        Behind("a server that we called",
               "ruleset=tls_server, arg1=x, relay=[203.0.113.250], reject=550 "
               "5.7.0 x"),
        Behind("a recipient's words",
               absl::StrCat("<ruleset=check_rcpt, arg1=x, "
                            "relay=[203.0.113.250]",
                            kDenied, ">... User unknown")),
        SendmailLine{"a piece",
                     absl::StrCat("6AN8eB0v001668[2]: ruleset=check_rcpt, "
                                  "arg1=x, relay=[203.0.113.250]",
                                  kDenied),
                     ""},
        Behind("a dialogue", absl::StrCat("<-- ruleset=check_rcpt, arg1=x, "
                                          "relay=[203.0.113.250]",
                                          kDenied)),
        Behind("a recipient like a greeting",
               "<rejecting commands from [203.0.113.250] [203.0.113.250] due "
               "to pre-greeting traffic after 0 seconds>... User unknown"),
        Behind("words behind a greeting",
               "rejecting commands from [203.0.113.250] [203.0.113.250] due to "
               "pre-greeting traffic after 0 seconds... User unknown"),
        Behind("an unknown user, not yet told by whom",
               "<[203.0.113.250]@x.example>... User unknown"),
        Behind("a mail",
               "from=<a@x>, size=1, class=0, nrcpts=1, proto=ESMTP, "
               "daemon=MTA-v4, relay=[192.0.2.1]"),
        Behind("the end",
               "[192.0.2.1] did not issue MAIL/EXPN/VRFY/ETRN during "
               "connection to MTA-v4")));

FailureCounts Read(const std::string& mode,
                   const std::vector<std::string>& messages) {
  FailureMatcher matcher = Reject(mode);
  FailureCounts counts;
  for (const std::string& message : messages) {
    CountLine(
        matcher,
        absl::StrCat("Nov 23 08:40:11 mx1 sm-mta[1668]: ", kSessionId, message),
        counts);
  }
  return counts;
}

constexpr char kMail[] =
    "from=<a@x>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA-v4, "
    "relay=[192.0.2.1]";

TEST(SendmailRejectJoinTest, UnknownUsersWaitForTheEndOfTheMail) {
  const std::string unknown = "<u@x.example>... User unknown";
  EXPECT_THAT(Read("extra", {unknown, unknown, unknown, kMail, kMail}),
              ElementsAre(Pair("192.0.2.1", 3)));
  EXPECT_THAT(Read("normal", {unknown, kMail}), IsEmpty());
}

TEST(SendmailRejectJoinTest, NoTrickHidesARefusal) {
  const std::string refused = absl::StrCat(
      "ruleset=check_rcpt, arg1=<\"relay=[203.0.113.250], reject=550\"@x>, "
      "relay=[192.0.2.1]",
      kDenied);
  EXPECT_THAT(Read("normal", {refused, refused, kMail}),
              ElementsAre(Pair("192.0.2.1", 2)));
}

TEST(SendmailRejectJoinTest, MiltersRefuse) {
  EXPECT_THAT(
      Read("aggressive", {"Milter: to=<u@x>, reject=550 5.7.1 Command rejected",
                          "Milter: data, reject=554 5.7.1 spam",
                          "Milter: no active filter", kMail}),
      ElementsAre(Pair("192.0.2.1", 2)));
}

}  // namespace
}  // namespace mxban
