#include "coordinator/token_file.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/secret.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TokenFileTest, ATokenIsFoundByItsHash) {
  const auto tokens = ParseTokens(
      absl::StrCat("grafana viewer ", Sha256Hex("one"), "\nalice operator ",
                   absl::AsciiStrToUpper(Sha256Hex("two")), " 2027-01-31\n"),
      "tokens");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const Token* viewer = FindToken(*tokens, "one");
  ASSERT_NE(viewer, nullptr);
  EXPECT_EQ(viewer->name, "grafana");
  EXPECT_EQ(viewer->role, Role::kViewer);
  EXPECT_EQ(viewer->expire_time, absl::InfiniteFuture());
  const Token* alice = FindToken(*tokens, "two");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->role, Role::kOperator);
  EXPECT_EQ(absl::FormatTime(absl::RFC3339_full, alice->expire_time,
                             absl::UTCTimeZone()),
            "2027-01-31T00:00:00+00:00");
  EXPECT_EQ(FindToken(*tokens, "three"), nullptr);
  EXPECT_EQ(FindToken(*tokens, ""), nullptr);
  EXPECT_EQ(FindToken(*tokens, Sha256Hex("one")), nullptr)
      << "the hash itself is no token";
}

TEST(TokenFileTest, MistakesAreNamedWithTheirLineAndNoHash) {
  const std::string hash = Sha256Hex("one");
  const struct {
    std::string text;
    const char* complaint;
  } cases[] = {
      {"alice operator", "tokens:1: is not NAME ROLE SHA256 [EXPIRES]"},
      {"alice agent " + hash,
       "tokens:1: the second word is none of viewer, operator"},
      {"\nalice viewer " + hash.substr(1),
       "tokens:2: the third word is no SHA-256 of 64 hexadecimal digits"},
      {"alice viewer " + hash + " soon",
       "tokens:1: the fourth word is no day such as 2027-01-31, and no time"},
  };
  for (const auto& [text, complaint] : cases) {
    EXPECT_EQ(ParseTokens(text, "tokens").status().message(), complaint);
    EXPECT_THAT(complaint, Not(HasSubstr(hash.substr(1))));
  }
}

}  // namespace
}  // namespace mxban
