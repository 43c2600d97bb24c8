#include "filter/option_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using Options = std::map<std::string, std::string, std::less<>>;

struct Case {
  std::string text;
  std::string name;
  Options options;
};

class OptionItemTest : public testing::TestWithParam<Case> {};

TEST_P(OptionItemTest, IsRead) {
  const auto item = ParseOptionItem(GetParam().text);
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ(item->name, GetParam().name);
  EXPECT_EQ(item->options, GetParam().options);
}

INSTANTIATE_TEST_SUITE_P(
    All, OptionItemTest,
    testing::Values(
        Case{"a", "a", {}}, Case{" a[] ", "a", {}},
        Case{"a[x=1, y = 2]", "a", {{"x", "1"}, {"y", "2"}}},
        Case{"a[x=1][y=2]", "a", {{"x", "1"}, {"y", "2"}}},
        Case{"a[x=\"1, 2]\", y=' z ']", "a", {{"x", "1, 2]"}, {"y", "z"}}},
        Case{"a[x=\"1\n2\"]", "a", {{"x", "1\n2"}}},
        Case{"a[x=]", "a", {{"x", ""}}}, Case{"a[x=1, X=2]", "a", {{"x", "2"}}},
        Case{"a[b.c-d?family=inet6=1]", "a", {{"b.c-d?family=inet6", "1"}}},
        Case{"iptables-multiport[name=sendmail-auth, "
             "port=\"submission,465,smtp\", protocol=tcp]",
             "iptables-multiport",
             {{"name", "sendmail-auth"},
              {"port", "submission,465,smtp"},
              {"protocol", "tcp"}}}));

TEST(OptionListTest, ItemsAreSplitOutsideBrackets) {
  const auto items = ParseOptionList("a[x=\"1 2\"]\n  b c[y=3]");
  ASSERT_TRUE(items.ok());
  ASSERT_EQ(items->size(), 3u);
  EXPECT_THAT(items->at(0).options, ElementsAre(Pair("x", "1 2")));
  EXPECT_EQ(items->at(1).name, "b");
  EXPECT_THAT(items->at(2).options, ElementsAre(Pair("y", "3")));
}

TEST(OptionListTest, AnEmptyTextHasNoItems) {
  EXPECT_THAT(*ParseOptionList(" \n"), IsEmpty());
}

TEST(OptionListTest, WrongSyntaxIsShown) {
  for (const char* text : {"a[", "a[x", "a[x=1", "a[x=\"1]", "a[=1]", "[x=1]",
                           "a[x=\"1\" y=2]", "a[x=1,]", "a b"}) {
    const auto item = ParseOptionItem(text);
    ASSERT_FALSE(item.ok()) << text;
    EXPECT_THAT(std::string(item.status().message()), HasSubstr("expected"));
  }
}

}  // namespace
}  // namespace mxban
