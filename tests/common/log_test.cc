#include "common/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpc/support/log.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { unsetenv("JOURNAL_STREAM"); }

  // What `write` has logged.
  template <typename Write>
  static std::string Logged(const LogOptions& options, Write write) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(InitLog(options).ok());
    write();
    return testing::internal::GetCapturedStderr();
  }

  // The same where standard error is the journal.
  template <typename Write>
  static std::string LoggedToJournal(const LogOptions& options, Write write) {
    testing::internal::CaptureStderr();
    struct stat status;
    EXPECT_EQ(fstat(STDERR_FILENO, &status), 0);
    setenv("JOURNAL_STREAM",
           absl::StrCat(status.st_dev, ":", status.st_ino).c_str(), 1);
    EXPECT_TRUE(InitLog(options).ok());
    write();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, TakesTheNamesOfLevels) {
  EXPECT_TRUE(InitLog({.level = "warning"}).ok());
  EXPECT_EQ(spdlog::get_level(), spdlog::level::warn);
  EXPECT_TRUE(InitLog({.level = "debug"}).ok());
  EXPECT_EQ(spdlog::get_level(), spdlog::level::debug);
}

TEST_F(LogTest, RefusesOtherNames) {
  EXPECT_EQ(InitLog({.level = "loud"}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(InitLog({.format = "xml"}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(LogTest, TextHasTimeAndLevel) {
  EXPECT_THAT(Logged({}, [] { spdlog::warn("mx1 is \"away\""); }),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
                           "[0-9]{2}\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2} warning: "
                           "mx1 is \"away\"\n"));
}

TEST_F(LogTest, AMessageIsOneLineWhateverIsInIt) {
  EXPECT_THAT(Logged({}, [] { spdlog::info("a\nb\x1b[2J"); }),
              HasSubstr(" info: a\\x0ab\\x1b[2J\n"));
}

TEST_F(LogTest, JsonIsAnObjectALine) {
  const std::string line =
      Logged({.format = "json"}, [] { spdlog::error("say \"no\"\n\xff\\"); });
  ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object["level"], "error");
  EXPECT_EQ(object["message"], "say \"no\"\n\xEF\xBF\xBD\\");
  EXPECT_THAT(object["time"].get<std::string>(), HasSubstr("T"));
}

TEST_F(LogTest, TheJournalGetsPriorities) {
  EXPECT_EQ(LoggedToJournal({.level = "debug"},
                            [] {
                              spdlog::debug("d");
                              spdlog::info("i");
                              spdlog::warn("w");
                              spdlog::error("e");
                              spdlog::critical("c");
                            }),
            "<7>d\n<6>i\n<4>w\n<3>e\n<2>c\n");
  EXPECT_THAT(LoggedToJournal({.format = "json"}, [] { spdlog::warn("w"); }),
              MatchesRegex("<4>\\{\"time\":\"[^\"]*\",\"level\":\"warning\","
                           "\"message\":\"w\"\\}\n"));
}

TEST_F(LogTest, AnotherJournalStreamIsNotStandardError) {
  setenv("JOURNAL_STREAM", "1:2", 1);
  EXPECT_THAT(Logged({}, [] { spdlog::info("i"); }), HasSubstr(" info: i\n"));
}

TEST_F(LogTest, TheEndIsSaidToPeopleAndToPrograms) {
  const auto end = [] { LogEnd("mxban-x", absl::NotFoundError("no such")); };
  EXPECT_EQ(Logged({}, end), "mxban-x: no such\n");
  EXPECT_THAT(Logged({.format = "json"}, end),
              HasSubstr("\"level\":\"critical\",\"message\":\"mxban-x: no "
                        "such\""));
  EXPECT_EQ(LoggedToJournal({}, end), "<2>mxban-x: no such\n");
}

TEST_F(LogTest, WhoeverMakesGrpcComplainFillsNoDisk) {
  const std::string text = Logged({}, [] {
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    for (int i = 0; i < 1'000; ++i) gpr_log(GPR_ERROR, "Handshake %d", i);
  });
  EXPECT_THAT(text, HasSubstr("grpc: Handshake 0\n"));
  EXPECT_THAT(text, HasSubstr("grpc: Handshake 19\n"));
  EXPECT_THAT(text, Not(HasSubstr("grpc: Handshake 20\n")));
}

}  // namespace
}  // namespace mxban
