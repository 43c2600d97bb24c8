#include "coordinator/similar_name.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr absl::string_view kNames[] = {"maxretry", "port", "bantime",
                                        "bantime.factor"};

TEST(SimilarNameTest, FindsWhatWasMeant) {
  for (const char* slip :
       {"maxretyr", "maxrety", "mxretry", "max_retry", "maxretry2"}) {
    EXPECT_EQ(SimilarName(slip, kNames).value_or(""), "maxretry") << slip;
  }
  EXPECT_EQ(SimilarName("prot", kNames), "port");
  EXPECT_EQ(SimilarName("bantime.facter", kNames), "bantime.factor");
}

TEST(SimilarNameTest, OtherWordsAreOtherWords) {
  for (const char* word : {"host", "span", "knocking_url", "part2", ""}) {
    EXPECT_EQ(SimilarName(word, kNames), std::nullopt) << word;
  }
}

TEST(SimilarNameTest, ARightNameIsNoSlip) {
  EXPECT_EQ(SimilarName("port", kNames), std::nullopt);
}

}  // namespace
}  // namespace mxban
