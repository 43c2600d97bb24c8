#include "tests/system/ledger.h"

#include <string>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr char kGuilty[] = "203.0.113.1";
constexpr char kInnocent[] = "203.0.113.2";
constexpr char kIgnored[] = "203.0.113.3";

StoredFailure Counted(const std::string& line) {
  return {{"sendmail", IpNetwork::ParseOrDie(kInnocent)}, {}, "mx1", line};
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    ledger_.Ignore(kIgnored);
    ban_.key = {"sendmail", IpNetwork::ParseOrDie(kGuilty)};
    for (int i = 0; i < 2; ++i) ban_.evidence.push_back(Write(kGuilty));
    innocent_ = Write(kInnocent);
    ignored_ = Write(kIgnored);
  }

  std::string Write(const std::string& source) {
    return ledger_.Failure(source, absl::Now());
  }

  Ledger ledger_{2};
  Ban ban_;
  std::string innocent_;
  std::string ignored_;
};

TEST_F(LedgerTest, EachOnceAndTheGuiltyBannedIsRight) {
  const Ledger::Verdict verdict =
      ledger_.Judge({.bans = {ban_}, .failures = {Counted(innocent_)}});
  EXPECT_TRUE(verdict.ok()) << verdict.text;
}

TEST_F(LedgerTest, NothingInTheStoreIsAllLost) {
  const Ledger::Verdict verdict = ledger_.Judge({});
  EXPECT_EQ(verdict.lost, 3u);
  EXPECT_EQ(verdict.missing_bans, std::set<std::string>{kGuilty});
}

TEST_F(LedgerTest, WhatIsThereTwiceIsDoubled) {
  const Ledger::Verdict verdict = ledger_.Judge(
      {.bans = {ban_},
       .failures = {Counted(innocent_), Counted(ban_.evidence[0])}});
  EXPECT_EQ(verdict.doubled, 1u);
  EXPECT_EQ(verdict.lost, 0u);
}

TEST_F(LedgerTest, WhoIsIgnoredDoesNotCount) {
  const Ledger::Verdict verdict = ledger_.Judge(
      {.bans = {ban_}, .failures = {Counted(innocent_), Counted(ignored_)}});
  EXPECT_EQ(verdict.ignored, 1u);
  EXPECT_FALSE(verdict.ok());
}

TEST_F(LedgerTest, ABanOfSomebodyElseIsWrong) {
  Ban wrong;
  wrong.key = {"sendmail", IpNetwork::ParseOrDie(kInnocent)};
  const Ledger::Verdict verdict =
      ledger_.Judge({.bans = {ban_, wrong}, .failures = {Counted(innocent_)}});
  EXPECT_EQ(verdict.wrong_bans, std::set<std::string>{kInnocent});
}

}  // namespace
}  // namespace mxban
