#include "agent/jail_logs.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoGuide final : public LogTailer::Guide {
 public:
  absl::Time Oldest() const override { return absl::InfinitePast(); }
  std::vector<std::string> KnownLogs() const override { return {}; }
  uint64_t PositionIn(const std::string&) const override { return 0; }
  uint64_t StartOffset(const std::string&, LogFile&) override { return 0; }
  void TurnTo(const std::string&) override {}
};

Jail JailOf(std::vector<std::string> paths) {
  Jail jail;
  jail.name = "j";
  jail.log_paths = std::move(paths);
  return jail;
}

TEST(JailLogsTest, PatternsAreTheFilesThatMatchAndPlainPathsStay) {
  const std::string directory = testing::TempDir() + "/jail_logs";
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/a.log");
  std::ofstream(directory + "/b.log");
  EXPECT_THAT(JailLogs({}).NamesOf(JailOf({directory + "/*.log", "/gone"})),
              ElementsAre(directory + "/a.log", directory + "/b.log", "/gone"));
  EXPECT_THAT(JailLogs({}).NamesOf(JailOf({"/gone/*"})), IsEmpty());
}

TEST(JailLogsTest, AServerMayReplaceThem) {
  const JailLogs logs(JailLogs::Replacements{{"j", {"-", "/other"}}});
  Jail jail = JailOf({"/l"});
  EXPECT_THAT(logs.NamesOf(jail), ElementsAre("-", "/other"));
  jail.journal = Journal();
  EXPECT_THAT(logs.NamesOf(jail), ElementsAre("-", "/other"));
  jail.name = "k";
  jail.journal.reset();
  EXPECT_THAT(logs.NamesOf(jail), ElementsAre("/l"));
}

TEST(JailLogsTest, OfTheJournalEachReadsWhatItWants) {
  Jail jail = JailOf({});
  jail.journal = Journal();
  EXPECT_THAT(JailLogs({}).NamesOf(jail), ElementsAre("the journal, flags 4"));
  jail.journal->directory = "/j";
  jail.journal_matches = {"A=1", "B=2"};
  EXPECT_THAT(JailLogs({}).NamesOf(jail),
              ElementsAre("the journal in /j, flags 4, A=1 or B=2"));
}

TEST(JailLogsTest, EachIsReadInItsWay) {
  NoGuide guide;
  const JailLogs logs(JailLogs::Replacements{{"input", {"-"}}});
  Jail jail = JailOf({"/l"});
  EXPECT_TRUE(logs.Open("/l", jail, guide)->is_file());
  jail.journal = Journal();
  const auto journal = logs.Open(logs.NamesOf(jail)[0], jail, guide);
  EXPECT_FALSE(journal->is_file());
  EXPECT_TRUE(journal->can_read_again());
  jail.name = "input";
  EXPECT_FALSE(logs.Open("-", jail, guide)->can_read_again());
}

}  // namespace
}  // namespace mxban
