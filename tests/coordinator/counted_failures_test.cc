#include "coordinator/counted_failures.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};
const BanKey kOther = {"jail", IpNetwork::ParseOrDie("203.0.113.31")};
const BanKey kElsewhere = {"other", kKey.source};

class CountedFailuresTest : public testing::Test {
 protected:
  void Add(const BanKey& key, const char* evidence) {
    counted_.Add(Kept({key, kNoon, "mx1", evidence, ""}));
  }

  static std::string TextOf(const std::vector<FailureView>& failures) {
    std::string text;
    for (const FailureView& failure : failures) {
      text.append(failure.evidence.data(), failure.evidence.size());
    }
    return text;
  }

  CountedFailures counted_;
};

TEST_F(CountedFailuresTest, AllComeInTheirOrder) {
  Add(kKey, "a");
  Add(kOther, "b");
  Add(kKey, "c");
  EXPECT_EQ(TextOf(counted_.Take()), "abc");
}

TEST_F(CountedFailuresTest, ThoseOfASourceAreFound) {
  EXPECT_EQ(TextOf(counted_.Of(kKey)), "");
  Add(kKey, "a");
  Add(kOther, "b");
  Add(kElsewhere, "c");
  Add(kKey, "d");
  EXPECT_EQ(TextOf(counted_.Of(kKey)), "ad");
  Add(kKey, "e");
  EXPECT_EQ(TextOf(counted_.Of(kKey)), "ade") << "asked again";
  EXPECT_EQ(TextOf(counted_.Of(kElsewhere)), "c");
}

TEST_F(CountedFailuresTest, WhatIsForgottenIsGoneAndWhatComesLaterStays) {
  counted_.Forget(kKey);
  Add(kKey, "a");
  Add(kOther, "b");
  Add(kKey, "c");
  counted_.Forget(kKey);
  EXPECT_EQ(TextOf(counted_.Of(kKey)), "");
  Add(kKey, "d");
  Add(kOther, "e");
  EXPECT_EQ(TextOf(counted_.Of(kKey)), "d");
  counted_.Forget(kElsewhere);
  EXPECT_EQ(TextOf(counted_.Take()), "bde");
}

}  // namespace
}  // namespace mxban
