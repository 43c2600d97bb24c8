// Measures deploy/config/filter.d/sendmail-flood.conf by the floods that three
// servers had to bear.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

FailureMatcher Flood(const std::string& mode) {
  return LoadSendmailFilter("sendmail-flood", {{"mode", mode}});
}

// sendmail tells a flood once for each connection. Of RSET and of unknown
// commands it tells nothing.
int Floods(const nlohmann::json& server) {
  int floods = 0;
  for (const auto& [kind, count] : server["other_abuse"].items()) {
    if (absl::StartsWith(kind, "flood RSET")) continue;
    if (absl::StartsWith(kind, "flood bad")) continue;
    if (absl::StartsWith(kind, "flood ")) floods += int{count};
  }
  return floods + Abuse(server, "connect greeted 421") + Abuse(server, "http") +
         Abuse(server, "http post") + Abuse(server, "long line");
}

class SendmailFloodTest : public testing::TestWithParam<const char*> {};

TEST_P(SendmailFloodTest, CountsEachFlood) {
  FailureCounts floods = TrueCounts(GetParam(), Floods);
  // With BadRcptShutdown, the only one of them, it throttles, then hangs up.
  if (GetParam() == std::string("mx3")) ++floods["203.0.113.71"];
  for (const char* log : {"/mail.log", "/mail.iso.log"}) {
    EXPECT_EQ(CountFailures(Flood("normal"), absl::StrCat(GetParam(), log)),
              floods);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, SendmailFloodTest,
                         testing::Values("mx1", "mx2", "mx3"));

struct Log {
  std::string name;
  int normal;
  int aggressive;
};

class SendmailFloodLogTest : public testing::TestWithParam<Log> {};

TEST_P(SendmailFloodLogTest, CountsWhatItShould) {
  const std::string& name = GetParam().name;
  EXPECT_EQ(Total(CountFailures(Flood("normal"), name)), GetParam().normal);
  EXPECT_EQ(Total(CountFailures(Flood("aggressive"), name)),
            GetParam().aggressive);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, SendmailFloodLogTest,
    testing::Values(
        // 466, 565 and 455 connections without mail, 14 failed handshakes.
        Log{"mx1/mail.log", 20, 500}, Log{"mx2/mail.log", 22, 601},
        Log{"mx3/mail.log", 22, 491},
        Log{"extra/conncontrol-v6.mail.log", 12, 12},
        Log{"extra/mail.rfc5424.log", 1, 7},
        Log{"extra/saslauthd-down.mail.log", 0, 5},
        Log{"loglevel/mail.LL05.log", 0, 0},
        Log{"loglevel/mail.LL06.log", 1, 5},
        Log{"loglevel/mail.LL20.log", 1, 5}));

class SendmailFloodLineTest : public testing::TestWithParam<SendmailLine> {};

TEST_P(SendmailFloodLineTest, IsReadAsSendmailMeantIt) {
  EXPECT_EQ(BlamedBy(Flood("aggressive"), GetParam().message), GetParam().host)
      << GetParam().what << "\n"
      << GetParam().message;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SendmailFloodLineTest,
    testing::Values(
        Behind("a flood of commands",
               "j@n.example [192.0.2.1] (may be forged): possible SMTP attack: "
               "command=HELO/EHLO, count=3",
               "192.0.2.1"),
        Behind("a flood of recipients",
               "[IPv6:2001:db8:0:0:0:0:0:1]: Possible SMTP RCPT flood, "
               "shutting down connection.",
               "2001:db8:0:0:0:0:0:1"),
        SendmailLine{"a flood of connections",
                     "ruleset=check_relay, arg1=n.example, arg2=192.0.2.1, "
                     "relay=n.example [192.0.2.1], reject=452 Connection rate "
                     "limit exceeded.",
                     "192.0.2.1"},
        Behind("a long line",
               "[192.0.2.1]: SMTP violation, input too long: 12287",
               "192.0.2.1"),
        Behind("a proxy",
               "[192.0.2.1]: probable open proxy: command=GET "
               "http://[203.0.113.250]/ HTTP/1.1\\r\\n",
               "192.0.2.1"),
        Behind("a cracker's command",
               "\"wiz\" command from [192.0.2.1] (192.0.2.1)", "192.0.2.1"),
        SendmailLine{"a failed handshake",
                     "STARTTLS=server, error: accept failed=-1, reason=unknown "
                     "protocol, SSL_error=1, errno=0, retry=-1, "
                     "relay=[192.0.2.1]",
                     "192.0.2.1"}));

INSTANTIATE_TEST_SUITE_P(
    Hostile, SendmailFloodLineTest,
    testing::Values(
        Behind("a flood of logins",
               "[192.0.2.1]: possible SMTP attack: command=AUTH, count=5"),
        Behind("a command that looks like a flood",
               "[192.0.2.1]: VRFY [203.0.113.250]: possible SMTP attack: "
               "command=VRFY, count=6"),
        Behind("a recipient's words",
               "<[203.0.113.250]: possible SMTP attack: command=VRFY, "
               "count=6>... User unknown"),
        Behind("words behind a flood",
               "[203.0.113.250]: possible SMTP attack: command=VRFY, "
               "count=6... User unknown"),
        Behind("a recipient that is too long",
               "aaaa...aaaa [203.0.113.250]: probable open proxy: "
               "command=x... prescan: token too long"),
        Behind("a dialogue",
               "<-- [203.0.113.250]: possible SMTP attack: command=VRFY, "
               "count=6"),
        Behind("a dialogue like an end",
               "<-- [203.0.113.250] did not issue MAIL/EXPN/VRFY/ETRN during "
               "connection to MTA"),
        SendmailLine{"a piece",
                     "6AN8eB0v001668[2]: [203.0.113.250]: possible SMTP "
                     "attack: command=VRFY, count=6",
                     ""},
        Behind("a name without an address",
               "n203.0.113.250: possible SMTP attack: command=VRFY, count=6"),
        Behind("another refusal",
               "ruleset=check_relay, arg1=x, arg2=127.0.0.2, "
               "relay=[192.0.2.1], reject=550 5.7.1 Rejected"),
        Behind("a relay within the recipient",
               "ruleset=check_rcpt, arg1=<x, relay=[203.0.113.250], reject=421 "
               "Too many open connections.>, relay=[192.0.2.1], reject=421 "
               "4.3.2 Too many open connections."),
        SendmailLine{"load, and nobody's",
                     "rejecting connections on daemon MTA-v4: load average: 9",
                     ""},
        SendmailLine{"a login",
                     "AUTH=server, relay=[192.0.2.1], authid=alice, "
                     "mech=PLAIN, bits=0",
                     ""}));

}  // namespace
}  // namespace mxban
