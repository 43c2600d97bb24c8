#include "tests/conformance/condition.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(ConditionTest, NamesAndOptionsAreCompared) {
  const GivenValues options = {{"mode", "ddos"}};
  EXPECT_TRUE(*Holds("", "sshd", options));
  EXPECT_TRUE(*Holds("name=='sshd'", "sshd", options));
  EXPECT_FALSE(*Holds("name == 'sshd'", "exim", options));
  EXPECT_TRUE(*Holds("name != \"sshd\"", "exim", options));
  EXPECT_TRUE(*Holds("opts.get('mode') == 'ddos'", "sshd", options));
  EXPECT_FALSE(*Holds("opts.get('mode') != 'ddos'", "sshd", options));
  EXPECT_TRUE(*Holds("opts.get('other') != 'ddos'", "sshd", options));
}

TEST(ConditionTest, AndBindsTighterThanOr) {
  EXPECT_TRUE(*Holds("name=='a' and name=='b' or name=='c'", "c", {}));
  EXPECT_FALSE(*Holds("name=='a' and name=='b' or name=='c'", "a", {}));
}

TEST(ConditionTest, WhatIsNotUnderstoodIsNoGuess) {
  EXPECT_FALSE(Holds("name", "sshd", {}).ok());
  EXPECT_FALSE(Holds("len(name) == '4'", "sshd", {}).ok());
  EXPECT_FALSE(Holds("name == 4", "sshd", {}).ok());
}

}  // namespace
}  // namespace mxban
