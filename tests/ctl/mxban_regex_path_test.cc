#include "ctl/mxban_regex_path.h"

#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban::ctl {
namespace {

TEST(MxbanRegexPathTest, FilesAreWhatCanBeRead) {
  ConfigDirectory directory;
  directory.Write("f", "x");
  EXPECT_TRUE(IsFile(directory.In("f")));
  EXPECT_TRUE(IsFile("/dev/null"));
  EXPECT_FALSE(IsFile(directory.path()));
  EXPECT_FALSE(IsFile(directory.In("g")));
}

TEST(MxbanRegexPathTest, TextThatIsMeantAsAPath) {
  for (const char* path : {"/var/log/mail.log", "./f", "../f.conf"}) {
    EXPECT_TRUE(LooksLikePath(path)) << path;
  }
  for (const char* text :
       {"", "f", "/ a", "/x \\S+", "/<HOST>", "/x.*", "/[a]", "a/b"}) {
    EXPECT_FALSE(LooksLikePath(text)) << text;
  }
}

TEST(MxbanRegexPathTest, TextThatIsMeantAsAName) {
  for (const char* name : {"sendmail-auth", "a_b.c", "x"}) {
    EXPECT_TRUE(LooksLikeName(name)) << name;
  }
  for (const char* text : {"", "a b", "<HOST>", "^x", "a/b"}) {
    EXPECT_FALSE(LooksLikeName(text)) << text;
  }
}

}  // namespace
}  // namespace mxban::ctl
