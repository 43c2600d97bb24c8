#include "common/journal_match.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

TEST(JournalMatchTest, APlusStandsBetweenAlternatives) {
  EXPECT_THAT(*ParseJournalMatch("_SYSTEMD_UNIT=a.service  _COMM=a + _COMM=b"),
              ElementsAre(ElementsAre("_SYSTEMD_UNIT=a.service", "_COMM=a"),
                          ElementsAre("_COMM=b")));
}

TEST(JournalMatchTest, WordsAreQuotedAsInAShell) {
  EXPECT_THAT(*ParseJournalMatch(R"( A="a b" 'B=c=d' C=\"\ e"f"'g' D= )"),
              ElementsAre(ElementsAre("A=a b", "B=c=d", "C=\" efg", "D=")));
}

TEST(JournalMatchTest, WhatIsNoMatchIsRefused) {
  for (const char* text :
       {"", "_COMM", "_COMM='sshd", "+ A=1", "A=1 +", "A=1 + + B=2",
        "comm=sshd", "=sshd", "__CURSOR=x", "A-B=1"}) {
    EXPECT_FALSE(ParseJournalMatch(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mxban
