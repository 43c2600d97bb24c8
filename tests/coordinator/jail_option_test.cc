#include "coordinator/jail_option.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(JailOptionTest, EveryOptionHasAUse) {
  EXPECT_EQ(UseOf("maxretry"), OptionUse::kHonoured);
  EXPECT_EQ(UseOf("bantime.increment"), OptionUse::kHonoured);
  EXPECT_EQ(UseOf("destemail"), OptionUse::kNeedless);
  EXPECT_EQ(UseOf("ignorecommand"), OptionUse::kOffOnly);
  EXPECT_EQ(UseOf("maxretyr"), OptionUse::kUnknown);
}

TEST(JailOptionTest, StockFilesHaveVariables) {
  for (const char* option : {"action_", "action_mwl", "sshd_log",
                             "postfix_backend", "syslog_mail_warn", "mode"}) {
    EXPECT_EQ(UseOf(option), OptionUse::kVariable) << option;
  }
}

TEST(JailOptionTest, WhatIsNeedlessHasAReason) {
  EXPECT_EQ(WhyNeedless("destemail"), "mxban sends no mail");
  EXPECT_EQ(WhyNeedless("maxretry"), "");
}

TEST(JailOptionTest, ASlipOfThePenIsFound) {
  EXPECT_EQ(SimilarOption("maxretyr"), "maxretry");
  EXPECT_EQ(SimilarOption("enabeld"), "enabled");
  EXPECT_EQ(SimilarOption("ignorecomand"), "ignorecommand");
  EXPECT_EQ(SimilarOption("knocking_url"), std::nullopt);
}

}  // namespace
}  // namespace mxban
