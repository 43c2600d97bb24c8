#include "agent/log_identity.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

LogIdentity File(uint64_t inode, uint64_t first_line) {
  return {.device = 0xfe01, .inode = inode, .first_line = first_line};
}

TEST(LogIdentityTest, NamesAreReadAsTheyAreWritten) {
  LogIdentity identity = File(1234, 0xabc);
  EXPECT_EQ(identity.ToString(), "file:fe01:1234:0000000000000abc");
  for (const uint32_t generation : {0u, 1u, 4'000'000'000u}) {
    identity.generation = generation;
    const auto parsed = LogIdentity::Parse(identity.ToString());
    ASSERT_TRUE(parsed.has_value()) << identity.ToString();
    EXPECT_TRUE(parsed->IsSameFile(identity));
    EXPECT_EQ(parsed->generation, generation);
  }
  identity = {.device = UINT64_MAX, .inode = UINT64_MAX, .first_line = ~0ull};
  EXPECT_TRUE(LogIdentity::Parse(identity.ToString())->IsSameFile(identity));
}

TEST(LogIdentityTest, WhatIsNoNameIsNone) {
  for (const char* text :
       {"", "file", "file:1:2", "file:1:2:3:4", "log:1:2:3", "file:x:2:3",
        "file:1:x:3", "file:1:2:x", "file:1:2:3+", "file:1:2:3+x",
        "file:1:2:3+1+2", "file:1:2:3+-1", "file:1:-2:3",
        "file:1:99999999999999999999:3", "journal:s=0123"}) {
    EXPECT_FALSE(LogIdentity::Parse(text).has_value()) << text;
  }
}

TEST(LogIdentityTest, TheSameFileHasTheSameFirstLine) {
  EXPECT_TRUE(File(1, 7).IsSameFile(File(1, 7)));
  EXPECT_FALSE(File(1, 7).IsSameFile(File(2, 7)));
  EXPECT_FALSE(File(1, 7).IsSameFile(File(1, 8)));
  LogIdentity other = File(1, 7);
  other.generation = 3;
  EXPECT_TRUE(File(1, 7).IsSameFile(other));
  other.device = 1;
  EXPECT_FALSE(File(1, 7).IsSameFile(other));
}

std::string Name(uint64_t inode, uint64_t first_line, uint32_t generation = 0) {
  LogIdentity identity = File(inode, first_line);
  identity.generation = generation;
  return identity.ToString();
}

TEST(LogIdentityTest, AFileIsTheLogThatLiesInIt) {
  const struct {
    const char* what;
    LogIdentity file;
    std::vector<std::string> known;
    std::vector<LogIdentity> others;  // That are present.
    std::string expected;
  } cases[] = {
      {"unknown", File(1, 7), {}, {}, Name(1, 7)},
      {"known", File(1, 7), {Name(1, 7)}, {}, Name(1, 7)},
      {"another text", File(1, 7), {Name(1, 8)}, {}, Name(1, 7)},
      {"a copy of what is gone", File(2, 7), {Name(1, 7)}, {}, Name(1, 7)},
      {"a copy of what begins otherwise now",
       File(2, 7),
       {Name(1, 7)},
       {File(1, 8)},
       Name(1, 7)},
      {"a copy of what is there",
       File(2, 7),
       {Name(1, 7)},
       {File(1, 7)},
       Name(2, 7)},
      {"the original beside its copy",
       File(1, 7),
       {Name(1, 7)},
       {File(2, 7)},
       Name(1, 7)},
      {"the latest generation",
       File(1, 7),
       {Name(1, 7), Name(1, 7, 2), Name(1, 7, 1)},
       {},
       Name(1, 7, 2)},
      {"itself rather than a copy",
       File(2, 7),
       {Name(1, 7, 5), Name(2, 7)},
       {},
       Name(2, 7)},
      {"names of other kinds do not matter",
       File(1, 7),
       {"journal:7", "", Name(1, 7)},
       {},
       Name(1, 7)},
  };
  for (const auto& test : cases) {
    std::vector<LogIdentity> present = test.others;
    present.push_back(test.file);
    EXPECT_EQ(Recognise(test.file, test.known, present).ToString(),
              test.expected)
        << test.what;
  }
}

}  // namespace
}  // namespace mxban
