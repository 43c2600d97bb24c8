#include "agent/rotated_logs.h"

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_directory.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RotatedLogsTest : public testing::Test {
 protected:
  void Make(const std::string& name, absl::Duration age = absl::Hours(1)) {
    const std::string path = logs_.path() + "/" + name;
    logs_.AppendTo(path, "x\n");
    logs_.SetAge(path, age);
  }

  std::vector<std::string> Names(const std::string& name = "mail.log") {
    std::vector<std::string> names;
    for (const RotatedLog& log : RotatedLogs(logs_.path() + "/" + name)) {
      names.push_back(std::filesystem::path(log.path).filename());
    }
    return names;
  }

  FakeClock clock_;
  LogDirectory logs_{clock_};
};

TEST_F(RotatedLogsTest, TheOldestComesFirst) {
  Make("mail.log", absl::Minutes(1));
  Make("mail.log.1", absl::Hours(1));
  Make("mail.log.2.gz", absl::Hours(25));
  Make("mail.log.10.gz", absl::Hours(250));
  EXPECT_THAT(Names(),
              ElementsAre("mail.log.10.gz", "mail.log.2.gz", "mail.log.1"));
}

TEST_F(RotatedLogsTest, AmongThoseOfTheSameTimeTheHigherNumberIsOlder) {
  for (const char* name : {"mail.log.1", "mail.log.3", "mail.log.2"}) {
    Make(name);
  }
  EXPECT_THAT(Names(), ElementsAre("mail.log.3", "mail.log.2", "mail.log.1"));
}

TEST_F(RotatedLogsTest, SaysWhenALogWasWrittenTo) {
  Make("mail.log.1", absl::Minutes(7));
  const std::vector<RotatedLog> logs = RotatedLogs(logs_.log());
  ASSERT_EQ(logs.size(), 1);
  EXPECT_EQ(logs[0].path, logs_.Rotated(1));
  EXPECT_EQ(logs[0].written, clock_.TimeNow() - absl::Minutes(7));
}

TEST_F(RotatedLogsTest, KnowsTheNamesThatRotationGives) {
  for (const char* name : {"mail.log.1", "mail.log.12.gz", "mail.log-20261126",
                           "mail.log-20261126.gz", "mail.log-20261126-1700",
                           "mail.log.2026-11-26", "mail.log-2026_11_26.gz"}) {
    logs_.Clear();
    Make(name);
    EXPECT_THAT(Names(), ElementsAre(name));
  }
}

TEST_F(RotatedLogsTest, LeavesOtherFilesAlone) {
  for (const char* name :
       {"mail.log", "mail.log.gz", "mail.log.", "mail.log-", "mail.log1",
        "mail.log.1.bak", "mail.log.old", "mail.log~", "mail.log.1.xz",
        "mail.log.1.gz.tmp", "xmail.log.1", "mail.err.1", "mail.log.swp"}) {
    Make(name);
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(RotatedLogsTest, WhatIsBeingCompressedIsThereOnce) {
  Make("mail.log.1");
  Make("mail.log.1.gz", absl::ZeroDuration());
  Make("mail.log.2.gz", absl::Hours(2));
  EXPECT_THAT(Names(), ElementsAre("mail.log.2.gz", "mail.log.1"));
}

TEST_F(RotatedLogsTest, ADirectoryThatIsNotThereHoldsNone) {
  EXPECT_THAT(RotatedLogs(logs_.path() + "/none/mail.log"), IsEmpty());
}

TEST_F(RotatedLogsTest, APathMayBeRelative) {
  const std::filesystem::path before = std::filesystem::current_path();
  Make("mail.log.1");
  std::filesystem::current_path(logs_.path());
  const std::vector<RotatedLog> logs = RotatedLogs("mail.log");
  std::filesystem::current_path(before);
  ASSERT_EQ(logs.size(), 1);
  EXPECT_EQ(logs[0].path, "./mail.log.1");
}

TEST_F(RotatedLogsTest, SymbolicLinksThatLeadNowhereAreLeftOut) {
  std::filesystem::create_symlink("nowhere", logs_.Rotated(1));
  Make("mail.log.2");
  EXPECT_THAT(Names(), ElementsAre("mail.log.2"));
}

}  // namespace
}  // namespace mxban
