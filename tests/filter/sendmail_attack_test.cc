// The shipped deploy/config/filter.d/sendmail.conf says what the how-to's does,
// but for addresses that a client only quoted.

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

FailureMatcher Shipped() { return LoadSendmailFilter("sendmail"); }

FailureMatcher HowTo() {
  return LoadSendmailFilter("sendmail", {}, CorpusPath("seed/filter.d"));
}

class SendmailAttackTest : public testing::TestWithParam<const char*> {};

TEST_P(SendmailAttackTest, OnlyTheQuotedAddressIsMissing) {
  FailureCounts expected = CountFailures(HowTo(), GetParam());
  expected.erase("203.0.113.250");
  EXPECT_EQ(CountFailures(Shipped(), GetParam()), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, SendmailAttackTest,
    testing::Values("mx1/mail.log", "mx1/mail.iso.log", "mx2/mail.log",
                    "mx2/mail.iso.log", "mx3/mail.log", "mx3/mail.iso.log",
                    "extra/mail.rfc5424.log", "journald/mail.cat",
                    "loglevel/mail.LL06.log", "loglevel/mail.LL20.log",
                    "seed/mail.log"));

TEST(SendmailAttackFleetTest, SeesAllAttacksThatItsExpressionCan) {
  int total = 0;
  for (const char* server : {"mx1", "mx2", "mx3"}) {
    total += Total(CountFailures(Shipped(), absl::StrCat(server, "/mail.log")));
  }
  EXPECT_EQ(total, 59);  // Beside 13 that quote.
}

class SendmailAttackLineTest : public testing::TestWithParam<SendmailLine> {};

TEST_P(SendmailAttackLineTest, IsReadAsSendmailMeantIt) {
  EXPECT_EQ(BlamedBy(Shipped(), GetParam().message), GetParam().host)
      << GetParam().what << "\n"
      << GetParam().message;
}

constexpr char kAttack[] =
    "[192.0.2.1]: possible SMTP attack: command=AUTH, count=5";
INSTANTIATE_TEST_SUITE_P(
    Lines, SendmailAttackLineTest,
    testing::Values(
        Behind("an attack", kAttack, "192.0.2.1"),
        Behind("a name", absl::StrCat("n.example ", kAttack), "192.0.2.1"),
        Behind("ident", absl::StrCat("j@n.example ", kAttack), "192.0.2.1"),
        Behind("a command", absl::StrCat("[203.0.113.1]: VRFY ", kAttack)),
        Behind("a command that brings a queue id",
               absl::StrCat("[203.0.113.1]: VRFY ", kSessionId, kAttack)),
        Behind("a dialogue", absl::StrCat("<-- ", kAttack)),
        Behind("a sender", absl::StrCat("from=<", kAttack, ">, size=0")),
        Behind("a recipient", absl::StrCat(kAttack, "... User unknown")),
        SendmailLine{"a piece", absl::StrCat("6AN8eB0v001668[2]: ", kAttack),
                     ""}));

}  // namespace
}  // namespace mxban
