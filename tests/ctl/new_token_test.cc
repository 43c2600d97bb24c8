#include "ctl/new_token.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/secret.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using testing::HasSubstr;

TEST(NewTokenTest, ItsLineHasItsHash) {
  std::ostringstream out;
  PrintNewToken({"alice", "operator", "2027-01-31"}, false, out);
  const std::vector<std::string> lines = absl::StrSplit(out.str(), '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[3], "alice operator " + Sha256Hex(lines[1]) + " 2027-01-31");
}

TEST(NewTokenTest, ProgramsGetAnObject) {
  std::ostringstream out;
  PrintNewToken({"alice"}, true, out);
  EXPECT_THAT(out.str(),
              testing::MatchesRegex("\\{\"token\":\"[0-9a-f]+\",\"line\":"
                                    "\"alice viewer [0-9a-f]+\"\\}\n"));
}

TEST(NewTokenTest, NamesAndDaysAreChecked) {
  EXPECT_TRUE(ValidateTokenRequest({"alice@example.net"}).ok());
  for (const char* name : {"", "alice bob", "a\"b", "#alice"}) {
    EXPECT_FALSE(ValidateTokenRequest({name}).ok()) << name;
  }
  EXPECT_EQ(ValidateTokenRequest({"alice", "viewer", "soon"}).message(),
            "--expires: 'soon' is no day such as 2027-01-31");
}

TEST(NewTokenTest, ATokenIsReadFromAFileOfItsOwnersAlone) {
  const std::string path = testing::TempDir() + "/new_token_test";
  const std::string token = NewToken();
  std::ofstream(path) << token << "\n";
  chmod(path.c_str(), 0600);
  EXPECT_EQ(*ReadToken(path), token);
  chmod(path.c_str(), 0644);
  EXPECT_THAT(std::string(ReadToken(path).status().message()),
              HasSubstr("--token_file: '" + path + "' can be read"));
  chmod(path.c_str(), 0600);
  std::ofstream(path) << "no token\r\n";
  EXPECT_EQ(ReadToken(path).status().message(),
            "--token_file: '" + path + "' holds no token");
  EXPECT_FALSE(ReadToken("/no/file").ok());
}

}  // namespace
}  // namespace mxban::ctl
