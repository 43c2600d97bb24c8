#include "coordinator/log_option.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "tests/coordinator/section_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ParseBackendTest, FilesAreNoJournal) {
  for (const char* text : {"", "auto", "pyinotify", "polling", "gamin"}) {
    const auto journal = ParseBackend(text);
    ASSERT_TRUE(journal.ok()) << text;
    EXPECT_FALSE(journal->has_value()) << text;
  }
}

TEST(ParseBackendTest, TheJournalIsTheServersOwnOrADirectory) {
  EXPECT_EQ(**ParseBackend("systemd"), (Journal{"", 4}));
  EXPECT_EQ(**ParseBackend("systemd[journalflags=1]"), (Journal{"", 1}));
  EXPECT_EQ(**ParseBackend("systemd[journalpath=/j]"), (Journal{"/j", 0}));
  EXPECT_EQ(**ParseBackend("systemd[journalpath='/j', journalflags=4]"),
            (Journal{"/j", 4}));
}

TEST(ParseBackendTest, WhatIsNotHonouredIsRefused) {
  for (const char* text :
       {"magic", "systemd[", "systemd[journalfiles=/a]", "systemd[namespace=x]",
        "systemd[journalpath=j]", "systemd[journalflags=16]",
        "systemd[journalflags=x]", "systemd[journalpath=/j, journalflags=1]"}) {
    EXPECT_FALSE(ParseBackend(text).ok()) << text;
  }
}

class ReadLogsTest : public SectionTest {
 protected:
  Jail Read(const std::string& options, const char* journal_match = nullptr) {
    std::optional<IniValue> match;
    if (journal_match != nullptr) {
      match = IniValue{.text = journal_match, .place = {file_, 7}};
    }
    Jail jail;
    ReadSection(options, [&](SectionReader& section) {
      ReadLogs(section, match, jail);
    });
    return jail;
  }

  std::string file_ = "f.conf";  // That has the journalmatch.
};

TEST_F(ReadLogsTest, AJailOfFilesNeedsThemAndSaysThatItHasNoJournal) {
  Read("backend = auto\n");
  EXPECT_THAT(error_, HasSubstr(":1: [j] has no logpath"));
  const Jail jail = Read("logpath = /l\n", "_COMM=a");
  EXPECT_THAT(jail.log_paths, ElementsAre("/l"));
  EXPECT_FALSE(jail.journal.has_value());
  EXPECT_THAT(jail.journal_matches, IsEmpty());
  EXPECT_THAT(notes_,
              ElementsAre(HasSubstr("f.conf:7: journalmatch is not used")));
}

TEST_F(ReadLogsTest, AFilterMayKnowTheJournalUnasked) {
  file_ = "filter.d/f.conf";
  Read("logpath = /l\n", "_COMM=a");
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(ReadLogsTest, AJailOfTheJournalReadsNoFiles) {
  const Jail jail =
      Read("backend = systemd\nlogpath = /l\n", "_COMM=a\nB=1 + C=2");
  EXPECT_EQ(error_, "");
  EXPECT_THAT(jail.log_paths, IsEmpty());
  EXPECT_EQ(jail.journal, Journal());
  EXPECT_THAT(jail.journal_matches, ElementsAre("_COMM=a", "B=1 + C=2"));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(ReadLogsTest, AWrongMatchIsRefusedWhereItStands) {
  Read("backend = systemd\n", "sshd");
  EXPECT_THAT(error_, HasSubstr("f.conf:7: journalmatch: 'sshd' is no FIELD"));
}

TEST_F(ReadLogsTest, AWrongBackendIsRefused) {
  Read("backend = systemd[journalfiles=/a]\n");
  EXPECT_THAT(error_, HasSubstr(":2: [j] backend: journalfiles is not supp"));
}

}  // namespace
}  // namespace mxban
