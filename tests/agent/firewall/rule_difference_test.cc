#include "agent/firewall/rule_difference.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

// One rule for each letter.
std::vector<TableRule> Rules(const std::string& letters) {
  std::vector<TableRule> rules;
  for (const char letter : letters) {
    rules.push_back({.jump = std::string(1, letter)});
  }
  return rules;
}

std::vector<TableRule> Edited(std::vector<TableRule> rules,
                              const std::vector<RuleEdit>& edits) {
  for (const RuleEdit& edit : edits) {
    const auto at = rules.begin() + edit.position;
    if (edit.insert == nullptr) {
      rules.erase(at);
    } else {
      rules.insert(at, *edit.insert);
    }
  }
  return rules;
}

size_t EditCount(const std::string& present, const std::string& wanted) {
  const std::vector<TableRule> from = Rules(present), to = Rules(wanted);
  const std::vector<RuleEdit> edits = RuleDifference(from, to);
  EXPECT_EQ(Edited(from, edits), to) << present << " to " << wanted;
  return edits.size();
}

TEST(RuleDifferenceTest, TouchesOnlyWhatDiffers) {
  EXPECT_EQ(EditCount("", ""), 0);
  EXPECT_EQ(EditCount("abc", "abc"), 0);
  EXPECT_EQ(EditCount("", "abc"), 3);
  EXPECT_EQ(EditCount("abc", ""), 3);
  EXPECT_EQ(EditCount("abcz", "abcdz"), 1);
  EXPECT_EQ(EditCount("abcd", "abd"), 1);
  EXPECT_EQ(EditCount("aabb", "ab"), 2);
  EXPECT_EQ(EditCount("abcdefgh", "xabcefghy"), 3);
}

TEST(RuleDifferenceTest, FindsTheWayWhateverTheOrder) {
  EXPECT_EQ(EditCount("ab", "ba"), 2);
  EXPECT_EQ(EditCount("abc", "cab"), 2);
  EXPECT_EQ(EditCount("aaa", "aabaa"), 2);
}

TEST(RuleDifferenceTest, AlwaysArrives) {
  std::mt19937 random(1);
  const auto letters = [&random] {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text += "abcdef"[random() % 6];
    return text;
  };
  for (int round = 0; round < 5000; ++round) EditCount(letters(), letters());
}

}  // namespace
}  // namespace mxban
