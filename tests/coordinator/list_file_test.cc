#include "coordinator/list_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

TEST(ListFileTest, EachLineWithWordsIsAnEntry) {
  std::vector<std::vector<std::string>> entries;
  EXPECT_TRUE(ForEachLine("# a comment\n\nalice  operator # ours\r\n\tbob x",
                          "f",
                          [&](const std::vector<std::string>& words) {
                            entries.push_back(words);
                            return absl::OkStatus();
                          })
                  .ok());
  EXPECT_THAT(entries, ElementsAre(ElementsAre("alice", "operator"),
                                   ElementsAre("bob", "x")));
}

TEST(ListFileTest, ErrorsNameFileAndLine) {
  const auto refuse = [](const std::vector<std::string>&) {
    return absl::InvalidArgumentError("is wrong");
  };
  EXPECT_EQ(ForEachLine("# x\nalice", "/etc/list", refuse).message(),
            "/etc/list:2: is wrong");
  EXPECT_EQ(ForEachLine("\n\n\xff", "/etc/list", refuse).message(),
            "/etc/list:3: holds bytes that are no text");
}

}  // namespace
}  // namespace mxban
