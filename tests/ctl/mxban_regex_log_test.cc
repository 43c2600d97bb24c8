#include "ctl/mxban_regex_log.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban::ctl {
namespace {

using testing::HasSubstr;

// The size and the text of `log`, or the error.
std::string Read(const std::string& log, const std::string& input = "") {
  std::istringstream standard_input(input);
  std::string read;
  const absl::Status status = ReadLog(
      log, standard_input, [&read](std::istream& stream, uint64_t bytes) {
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        read = absl::StrCat(bytes, ":", text);
      });
  return status.ok() ? read : std::string(status.message());
}

TEST(MxbanRegexLogTest, AFileStandardInputOrOneLine) {
  ConfigDirectory directory;
  directory.Write("log", "a\nb\n");
  EXPECT_EQ(Read(directory.In("log")), "4:a\nb\n");
  EXPECT_EQ(Read("-", "c\n"), "0:c\n");
  EXPECT_EQ(Read("Nov 23 08:40:11 x"), "17:Nov 23 08:40:11 x");
}

TEST(MxbanRegexLogTest, AFileMayBeEmpty) {
  ConfigDirectory directory;
  directory.Write("log", "").Write("short", "x");
  EXPECT_EQ(Read(directory.In("log")), "0:");
  EXPECT_EQ(Read(directory.In("short")), "1:x");
  EXPECT_EQ(Read("/dev/null"), "0:");
}

TEST(MxbanRegexLogTest, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(Read("/nowhere/mail.log"), "there is no log /nowhere/mail.log");
}

TEST(MxbanRegexLogTest, CompressedLogsAreForZcat) {
  ConfigDirectory directory;
  directory.Write("log.gz", "\x1f\x8b\x08");
  EXPECT_THAT(Read(directory.In("log.gz")),
              HasSubstr("log.gz | mxban-regex - FILTER"));
}

}  // namespace
}  // namespace mxban::ctl
