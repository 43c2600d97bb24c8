// Measures deploy/config/filter.d/sendmail-auth.conf by what the clients of
// three servers under attack really did, and by what they would like to make
// it believe.

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
using testing::Not;

FailureMatcher Auth(const GivenValues& options = {}) {
  return LoadSendmailFilter("sendmail-auth", options);
}

// Of the logins that a server answered with "authentication failed", those
// with an empty user or response are told as broken (-5) or generic (-1), as
// an outage is. A client that hung up before the answer failed, too.
FailureCounts TrueFailures(const std::string& server) {
  return TrueCounts(server, [](const nlohmann::json& done) {
    return int{done["auth_failed"]} - Abuse(done, "empty user") -
           Abuse(done, "auth empty response") +
           Abuse(done, "auth dropped before the answer");
  });
}

class SendmailAuthTest : public testing::TestWithParam<const char*> {
 protected:
  FailureCounts Read(const std::string& name) const {
    return CountFailures(Auth(), absl::StrCat(GetParam(), "/", name));
  }
};

TEST_P(SendmailAuthTest, CountsEachFailedLoginOnce) {
  EXPECT_EQ(Read("mail.log"), TrueFailures(GetParam()));
}

TEST_P(SendmailAuthTest, ReadsBothFormsOfTheLogAlike) {
  EXPECT_EQ(Read("mail.iso.log"), TrueFailures(GetParam()));
}

TEST_P(SendmailAuthTest, KnowsEachRightLogin) {
  const FailureCounts truth = TrueCounts(
      GetParam(),
      [](const nlohmann::json& done) { return int{done["auth_ok"]}; });
  for (const char* log : {"mail.log", "mail.iso.log"}) {
    EXPECT_EQ(CountRightLogins(Auth(), absl::StrCat(GetParam(), "/", log)),
              truth);
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, SendmailAuthTest,
                         testing::Values("mx1", "mx2", "mx3"),
                         [](const auto& test) {
                           return std::string(test.param);
                         });

TEST(SendmailAuthFleetTest, NoneOf1669IsMissing) {
  int total = 0;
  for (const char* server : {"mx1", "mx2", "mx3"}) {
    total += Total(CountFailures(Auth(), absl::StrCat(server, "/mail.log")));
  }
  EXPECT_EQ(total, 1669);
}

struct Log {
  std::string name;
  FailureCounts failures;
  GivenValues options;
};

class SendmailAuthLogTest : public testing::TestWithParam<Log> {};

TEST_P(SendmailAuthLogTest, CountsWhatItShould) {
  EXPECT_EQ(CountFailures(Auth(GetParam().options), GetParam().name),
            GetParam().failures);
}

INSTANTIATE_TEST_SUITE_P(
    Extra, SendmailAuthLogTest,
    testing::Values(
        // Only the one wrong password once saslauthd was back.
        Log{"extra/saslauthd-down.mail.log", {{"203.0.113.102", 1}}},
        Log{"extra/account-expired.mixed.log",
            {{"203.0.113.103", 1}, {"203.0.113.104", 1}}},
        Log{"extra/conncontrol-v6.mail.log", {}},
        Log{"extra/repeated-msg-reduction.mail.log",
            {{"203.0.113.54", 7}, {"203.0.113.55", 6}}},
        Log{"extra/mail.rfc5424.log",
            {{"203.0.113.90", 8}, {"2001:db8:bad::12", 2}}}));

// sendmail tells of logins from LogLevel 9 on, and no more from 10 on.
INSTANTIATE_TEST_SUITE_P(
    LogLevels, SendmailAuthLogTest,
    testing::Values(Log{"loglevel/mail.LL05.log", {}},
                    Log{"loglevel/mail.LL06.log", {}},
                    Log{"loglevel/mail.LL07.log", {}},
                    Log{"loglevel/mail.LL08.log", {}},
                    Log{"loglevel/mail.LL09.log", {{"203.0.113.93", 8}}},
                    Log{"loglevel/mail.LL10.log", {{"203.0.113.97", 8}}},
                    Log{"loglevel/mail.LL11.log", {{"203.0.113.94", 8}}},
                    Log{"loglevel/mail.LL12.log", {{"203.0.113.93", 8}}},
                    Log{"loglevel/mail.LL13.log", {{"203.0.113.98", 8}}},
                    Log{"loglevel/mail.LL14.log", {{"203.0.113.96", 8}}},
                    Log{"loglevel/mail.LL15.log", {{"203.0.113.96", 8}}},
                    Log{"loglevel/mail.LL20.log", {{"203.0.113.96", 8}}}));

const FailureCounts kInJournal = {
    {"203.0.113.23", 5},  {"203.0.113.24", 5},    {"203.0.113.25", 5},
    {"203.0.113.26", 5},  {"203.0.113.50", 24},   {"203.0.113.90", 8},
    {"203.0.113.240", 6}, {"2001:db8:bad::77", 3}};

INSTANTIATE_TEST_SUITE_P(
    Journal, SendmailAuthLogTest,
    testing::Values(
        Log{"journald/mail.short", kInJournal},
        Log{"journald/mail.short-iso", kInJournal},
        Log{"journald/mail.short-iso-precise", kInJournal},
        Log{"journald/mail.short", kInJournal, {{"logtype", "journal"}}},
        Log{"journald/mail.cat", kInJournal, {{"logtype", "journal"}}},
        Log{"journald/mail.cat", {}}));  // No head, and none expected.

class SendmailAuthLineTest : public testing::TestWithParam<SendmailLine> {};

TEST_P(SendmailAuthLineTest, IsReadAsSendmailMeantIt) {
  EXPECT_EQ(BlamedBy(Auth(), GetParam().message), GetParam().host)
      << GetParam().what << "\n"
      << GetParam().message;
}

SendmailLine After(const char* what, const std::string& end,
                   const char* host = "") {
  return {what, absl::StrCat(kFailedLogin, end), host};
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SendmailAuthLineTest,
    testing::Values(
        After("before 8.16", ", relay=[192.0.2.1]", "192.0.2.1"),
        After("ident", ", user=x, relay=joe@n.example [192.0.2.1]",
              "192.0.2.1"),
        After("ident without a name", ", user=x, relay=IDENT:j@[192.0.2.1]",
              "192.0.2.1"),
        After("forged", ", user=x, relay=n.example [192.0.2.1] (may be forged)",
              "192.0.2.1"),
        After("cut in forged",
              ", user=x, relay=" + CutName(" [192.0.2.1] (may be f"),
              "192.0.2.1"),
        After("ipv6", ", user=x, relay=[IPv6:2001:db8:0:0:0:0:0:1]",
              "2001:db8:0:0:0:0:0:1"),
        Behind("an unknown user",
               "AUTH failure (CRAM-MD5): user not found (-20) SASL(-13): user "
               "not found: user: u@mx1 property: x not found in sasldb, "
               "user=u, relay=[192.0.2.1]",
               "192.0.2.1"),
        SendmailLine{"no queue id",
                     "NOQUEUE: AUTH failure (PLAIN): user not found (-20) x, "
                     "relay=[192.0.2.1]",
                     "192.0.2.1"},
        After("two relays",
              ", user=x, relay=[203.0.113.250], relay=[192.0.2.1]",
              "192.0.2.1")));

INSTANTIATE_TEST_SUITE_P(
    Hostile, SendmailAuthLineTest,
    testing::Values(
        After("two relays, the last cut",
              ", user=x, relay=[203.0.113.250], relay=" + CutName("")),
        After("relay within user", ", user=relay=[203.0.113.250]"),
        After("text behind", ", user=x, relay=[203.0.113.250] x=1"),
        After("cut within the address",
              ", user=x, relay=" + CutName(" [192.0.2")),
        After("cut before the address", ", user=x, relay=" + CutName(" ")),
        After("a recipient's words", ", relay=[203.0.113.250]... User unknown"),
        SendmailLine{"a first piece",
                     "6AN8eB0v001668[1]: AUTH failure (LOGIN): "
                     "authentication failure (-13) x, relay=[203.0.113.250]",
                     ""},
        SendmailLine{"a middle piece",
                     "6AN8eB0v001668[2]: relay=[203.0.113.250]@mx1 not  ...",
                     ""},
        SendmailLine{"a last piece",
                     "6AN8eB0v001668[2]: AUTH failure (LOGIN): "
                     "authentication failure (-13) x, relay=[203.0.113.250]",
                     ""},
        Behind("a command", "[192.0.2.1]: VRFY " + std::string(kFailedLogin) +
                                ", relay=[203.0.113.250]"),
        Behind("a dialogue",
               absl::StrCat("<-- ", kFailedLogin, ", relay=[203.0.113.250]")),
        Behind("an outage",
               "AUTH failure (PLAIN): generic failure (-1) SASL(-1): generic "
               "failure: authentication failure (-13), relay=[192.0.2.1]"),
        Behind("a broken exchange",
               "AUTH failure (PLAIN): bad protocol / cancel (-5) SASL(-5): x, "
               "user=, relay=[192.0.2.1]"),
        SendmailLine{"an escape",
                     absl::StrCat("x#012sm-mta[1]: ", kFailedLogin,
                                  ", relay=[192.0.2.1]"),
                     ""},
        SendmailLine{"folded, then more",
                     absl::StrCat("message repeated 2 times: [ ", kFailedLogin,
                                  ", relay=[192.0.2.1]] x"),
                     ""},
        Behind("the how-to's line",
               "[192.0.2.1]: possible SMTP attack: command=AUTH, count=5")));

// A failure without an address, then lines that must or must not tell it.
class SendmailAuthJoinTest : public testing::TestWithParam<SendmailLine> {
 protected:
  FailureCounts Read(const std::vector<std::string>& messages) {
    FailureMatcher matcher = Auth();
    FailureCounts counts;
    for (const std::string& message : messages) {
      CountLine(matcher,
                absl::StrCat("Nov 23 08:40:11 mx1 sm-mta[1668]: ", message),
                counts);
    }
    return counts;
  }
};

TEST_P(SendmailAuthJoinTest, BelievesOnlySendmail) {
  const std::string cut =
      absl::StrCat(kFailedLogin, ", user=x, relay=", CutName(""));
  const FailureCounts none;
  const FailureCounts two = {{GetParam().host, 2}};
  EXPECT_EQ(Read({cut, cut, GetParam().message}),
            GetParam().host.empty() ? none : two)
      << GetParam().what << "\n"
      << GetParam().message;
}

INSTANTIATE_TEST_SUITE_P(
    Tellers, SendmailAuthJoinTest,
    testing::Values(
        Behind("the end",
               "n.example [192.0.2.1] (may be forged) did not issue "
               "MAIL/EXPN/VRFY/ETRN during connection to MTA-v4",
               "192.0.2.1"),
        Behind("an attack",
               "j@[192.0.2.1]: possible SMTP attack: command=AUTH, count=5",
               "192.0.2.1"),
        Behind("a flood", "[192.0.2.1]: Possible SMTP RCPT flood, throttling.",
               "192.0.2.1"),
        Behind("a command", "[192.0.2.1]: vrfy [203.0.113.250]: VRFY x",
               "192.0.2.1"),
        Behind("hanging up",
               "lost input channel from [192.0.2.1] to MTA-v4 after mail",
               "192.0.2.1"),
        Behind("a refusal",
               "ruleset=check_rcpt, arg1=<[203.0.113.250]@x>, relay=n.example "
               "[192.0.2.1], reject=550 5.7.1 <[203.0.113.250]@x>... Relaying "
               "denied. IP name lookup failed [192.0.2.1]",
               "192.0.2.1"),
        Behind("a mail",
               "from=<\", relay=[203.0.113.250]\"@x>, size=0, class=0, "
               "nrcpts=0, proto=ESMTP, daemon=MTA-v4, relay=[192.0.2.1]",
               "192.0.2.1")));

INSTANTIATE_TEST_SUITE_P(
    Hostile, SendmailAuthJoinTest,
    testing::Values(
        SendmailLine{"another connection",
                     "6AN8eB0v001669: [192.0.2.1] did not issue "
                     "MAIL/EXPN/VRFY/ETRN during connection to MTA-v4",
                     ""},
        SendmailLine{"only the same process",
                     "NOQUEUE: connect from "
                     "[192.0.2.1]",
                     ""},
        SendmailLine{"a piece",
                     "6AN8eB0v001668[2]: [203.0.113.250] did not issue "
                     "MAIL/EXPN/VRFY/ETRN during connection to MTA",
                     ""},
        SendmailLine{"a last piece, as a dialogue makes them",
                     "6AN8eB0v001668[2]: user=x, relay=[203.0.113.250]", ""},
        Behind("a recipient's words",
               "[203.0.113.250] did not issue MAIL/EXPN/VRFY/ETRN during "
               "connection to MTA... User unknown"),
        Behind("a recipient's words",
               "[203.0.113.250]:... List:; syntax "
               "illegal for recipient addresses"),
        Behind("a parameter", "[203.0.113.250]: parameter unrecognized"),
        Behind("a recipient that is too long",
               "aaaa...aaaa [203.0.113.250]: VRFY x... prescan: token too "
               "long"),
        Behind("a recipient that is too long",
               "aaaa...aaaa [203.0.113.250]: possible SMTP attack: "
               "command=AUTH, count=5... prescan: token too long"),
        Behind("a recipient like a mail",
               "from=<x, size=0, class=0, nrcpts=0, proto=x, "
               "relay=[203.0.113.250]>... User unknown"),
        Behind("a recipient like a mail, cut",
               "from=<x>... , size=0, class=0, nrcpts=0, proto=x, "
               "relay=[203.0.113.250]"),
        Behind("a dialogue",
               "<-- [203.0.113.250] did not issue MAIL/EXPN/VRFY/ETRN during "
               "connection to MTA"),
        Behind("two relays",
               "ruleset=check_rcpt, arg1=<a, relay=[203.0.113.250], "
               "reject=550 x>, relay=[192.0.2.1], reject=550 x"),
        Behind("a delivery",
               "to=<a@b>, delay=00:00:01, mailer=esmtp, pri=0, "
               "relay=mx.example [203.0.113.250], dsn=2.0.0, stat=Sent"),
        Behind("a server that we called",
               "ruleset=tls_server, arg1=x, relay=mx.example [203.0.113.250], "
               "reject=403 4.7.0 x")));

TEST_F(SendmailAuthJoinTest, PiecesOfARecordCountOnceAtTheEnd) {
  const std::string piece =
      "6AN8eB0v001668[1]: AUTH failure (CRAM-MD5): user not found (-20) "
      "SASL(-13): user not found: user:  ...";
  const std::vector<std::string> attempt = {
      piece, "6AN8eB0v001668[2]: aaa, relay=[203.0.113.250]@mx1 not  ...",
      "6AN8eB0v001668[3]: found in sasldb, user=a, relay=[192.0.2.1]"};
  EXPECT_THAT(Read(attempt), IsEmpty());
  const std::string end = absl::StrCat(
      kSessionId, "[192.0.2.1]: possible SMTP attack: command=AUTH, count=5");
  EXPECT_THAT(Read({piece, attempt[1], attempt[2], piece, end, piece, end}),
              ElementsAre(testing::Pair("192.0.2.1", 3)));
}

TEST_F(SendmailAuthJoinTest, FoldedFailuresWaitTogether) {
  EXPECT_THAT(Read({absl::StrCat("message repeated 3 times: [ ", kFailedLogin,
                                 ", relay=", CutName(""), "]"),
                    absl::StrCat(kSessionId, "[192.0.2.1]: VRFY x")}),
              ElementsAre(testing::Pair("192.0.2.1", 3)));
}

TEST(SendmailAuthTimeTest, WaitingFailuresKeepTheirTimes) {
  FailureMatcher matcher = Auth();
  const std::string cut = absl::StrCat(kFailedLogin, ", relay=", CutName(""));
  matcher.Match("Nov 23 08:40:11 mx1 sm-mta[1668]: " + cut, kCorpusNow);
  matcher.Match("Nov 23 08:41:13 mx1 sm-mta[1668]: " + cut, kCorpusNow);
  const auto result = matcher.Match(
      absl::StrCat("Nov 23 08:59:00 mx1 sm-mta[1668]: ", kSessionId,
                   "[192.0.2.1]: VRFY x"),
      kCorpusNow);
  const absl::Time first = kCorpusNow - absl::Seconds(49 * 60 + 49);
  EXPECT_THAT(result.times, ElementsAre(first, first + absl::Seconds(62)));
}

class SendmailHeadTest : public testing::TestWithParam<const char*> {};

TEST_P(SendmailHeadTest, IsKnown) {
  FailureCounts counts;
  FailureMatcher matcher = Auth();
  CountLine(matcher,
            absl::StrCat(GetParam(), kFailedLogin, ", relay=[192.0.2.1]"),
            counts);
  EXPECT_THAT(counts, ElementsAre(testing::Pair("192.0.2.1", 1)));
}

INSTANTIATE_TEST_SUITE_P(
    Syslog, SendmailHeadTest,
    testing::Values(
        "Nov 23 08:40:11 mx1 sm-mta[1668]: ",
        "Nov  3 08:40:11 mx1.example.net sendmail[1668]: ",
        "Nov 23 08:40:11 2001:db8::1 sm-acceptingconnections[1668]: ",
        "Nov 23 08:40:11 <mail.warn> mx1 sm-mta[1668]: ",
        "<20>Nov 23 08:40:11 mx1 sm-mta[1668]: ",
        "2026-11-23T08:40:11.287127+00:00 mx1 sm-mta[1668]: ",
        "2026-11-23T08:40:11+0000 mx1 sm-mta[1668]: ",
        "<20>1 2026-11-23T08:40:11.287127+00:00 mx1 sm-mta 1668 - -  ",
        "<20>1 2026-11-23T08:40:11.287127Z mx1 sendmail 1668 - "
        "[timeQuality tzKnown=\"1\"] "));

TEST(SendmailDaemonTest, AnyNameByOption) {
  const std::string message = absl::StrCat(kFailedLogin, ", relay=[192.0.2.1]");
  const std::string line = "Nov 23 08:40:11 mx1 mx-in[1668]: " + message;
  FailureCounts counts;
  FailureMatcher stock = Auth();
  CountLine(stock, line, counts);
  EXPECT_THAT(counts, IsEmpty());
  FailureMatcher renamed = Auth({{"_daemon", "mx-in"}});
  CountLine(renamed, line, counts);
  EXPECT_EQ(Total(counts), 1);
}

}  // namespace
}  // namespace mxban
