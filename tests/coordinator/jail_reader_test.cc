#include "coordinator/jail_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kJail[] =
    "[j]\nenabled = true\nfilter = f\nlogpath = /l\n"
    "action = iptables-multiport[port=25]\n";

class JailReaderTest : public testing::Test {
 protected:
  JailReaderTest() {
    directory_.Write("filter.d/f.conf",
                     "[Definition]\nfailregex = <kind> <HOST>$\n[lt_file]\n"
                     "x = file\n[lt_journal]\nx = journal\n[Init]\n"
                     "kind = <lt_<logtype>/x>\n");
  }

  // Reads the first section of `text`.
  std::optional<JailReading> Read(const std::string& text) {
    directory_.Write("jail.local", text);
    const auto file = IniFile::Load(directory_.In("jail"));
    EXPECT_TRUE(file.ok()) << file.status();
    notes_.clear();
    ErrorList errors;
    std::set<std::string> sound_files;
    auto reading = ReadJail({.file = *file,
                             .config_dir = directory_.path(),
                             .ban_memory = absl::Hours(24),
                             .referred_options = {"mine"},
                             .sound_files = sound_files,
                             .errors = errors,
                             .notes = notes_},
                            file->sections()[0]);
    error_ = std::string(errors.ToStatus().message());
    return reading;
  }

  ConfigDirectory directory_;
  std::vector<std::string> notes_;
  std::string error_;
};

TEST_F(JailReaderTest, WhatIsOffIsNothing) {
  EXPECT_FALSE(Read("[j]\nmaxretyr = 1\nfilter = gone\n").has_value());
  EXPECT_EQ(error_, "");
}

TEST_F(JailReaderTest, ASlipInEnabledIsNoWayToBeOff) {
  EXPECT_FALSE(Read("[j]\nenabeld = true\n").has_value());
  EXPECT_THAT(error_, HasSubstr("'enabeld'; did you mean enabled?"));
}

TEST_F(JailReaderTest, UnknownOptionsAreNotes) {
  ASSERT_TRUE(Read(absl::StrCat(kJail, "colour = red\nmine = 1\n")));
  EXPECT_THAT(notes_,
              ElementsAre(HasSubstr(":6: [j] colour is not known; ignored")));
}

TEST_F(JailReaderTest, TheFilterIsNamedWithItsOptions) {
  const auto reading = Read(absl::StrCat(kJail, "mode = x\n"));
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_EQ(reading->filter, "f");
  EXPECT_THAT(reading->jail.filter.fail_regexes, ElementsAre("file <HOST>$"));
}

TEST_F(JailReaderTest, AJailOfTheJournalHasItsLinesAndNeedsNoLog) {
  const auto reading = Read(
      "[j]\nenabled = true\nfilter = f\nbackend = systemd[journalflags=1]\n"
      "action = iptables[port=25]\n");
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.filter.fail_regexes,
              ElementsAre("journal <HOST>$"));
  EXPECT_EQ(reading->jail.journal, (Journal{"", 1}));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(JailReaderTest, OfTheJournalTheFilterOrTheJailSaysWhat) {
  directory_.Write("filter.d/m.conf",
                   "[Definition]\nfailregex = <HOST>$\n"
                   "journalmatch = _COMM=m\n");
  const std::string jail =
      "[j]\nenabled = true\nfilter = m\nlogpath = /l\nbackend = systemd\n"
      "action = iptables[port=25]\n";
  auto reading = Read(jail);
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.journal_matches, ElementsAre("_COMM=m"));
  EXPECT_THAT(reading->jail.log_paths, IsEmpty());
  reading = Read(jail + "journalmatch = _COMM=j\n");
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.journal_matches, ElementsAre("_COMM=j"));
}

TEST_F(JailReaderTest, IgnoredNamesAndFilesAreKept) {
  directory_.Write("allow", "192.0.2.1\n");
  const auto reading = Read(absl::StrCat(
      kJail, "ignoreip = 192.0.2.2 localhost file:", directory_.In("allow")));
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.2")));
  EXPECT_THAT(reading->ignored.names, ElementsAre("localhost"));
  EXPECT_THAT(reading->ignored.files, ElementsAre(directory_.In("allow")));
  directory_.Write("allow", "\n1.2.3\n");
  Read(absl::StrCat(kJail, "ignoreip = file:", directory_.In("allow")));
  EXPECT_THAT(error_, HasSubstr("jail.local:6: [j] ignoreip: "));
  EXPECT_THAT(error_, HasSubstr("/allow:2: '1.2.3' is no address"));
}

TEST_F(JailReaderTest, NamesArePrintableAndShort) {
  Read("[a\tb]\nenabled = true\n");
  EXPECT_THAT(error_, HasSubstr(":1: [a\\tb] is no name for a jail"));
  Read(absl::StrCat("[", std::string(201, 'x'), "]\nenabled = true\n"));
  EXPECT_THAT(error_, HasSubstr("is no name for a jail: at most 200"));
}

TEST_F(JailReaderTest, EncodingsAreAllReadAlike) {
  ASSERT_TRUE(Read(absl::StrCat(kJail, "logencoding = UTF-8\n")));
  EXPECT_THAT(notes_, IsEmpty());
  ASSERT_TRUE(Read(absl::StrCat(kJail, "logencoding = latin-1\n")));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("logencoding = latin-1")));
}

TEST_F(JailReaderTest, ABanactionIsAnAction) {
  const auto reading = Read(
      "[j]\nenabled = true\nfilter = f\nlogpath = /l\nport = 25\n"
      "banaction = iptables-multiport\nprotocol = tcp\n");
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.enforcement.ports, ElementsAre(PortRange{25, 25}));
  EXPECT_THAT(notes_, IsEmpty());
  Read(
      "[j]\nenabled = true\nfilter = f\nlogpath = /l\nport = 25\n"
      "banaction = iptables-multiport\nchain = FORWARD\n");
  EXPECT_THAT(error_, HasSubstr(":6: [j] action iptables-multiport: chain ="));
}

TEST_F(JailReaderTest, AnEmptyActionIsNoBanaction) {
  Read(
      "[j]\nenabled = true\nfilter = f\nlogpath = /l\nport = 25\n"
      "banaction = iptables-multiport\naction =\n");
  EXPECT_THAT(error_, HasSubstr(":7: [j] has no action: nothing would be"));
}

TEST_F(JailReaderTest, WhatNothingUsesIsNoted) {
  ASSERT_TRUE(Read(absl::StrCat(kJail,
                                "blocktype = DROP\nchain = FORWARD\n"
                                "protocol = udp\nbanaction = pf\nmine = 1\n")));
  EXPECT_THAT(
      notes_,
      ElementsAre(HasSubstr(":6: [j] blocktype is not used: nothing refers"),
                  HasSubstr(":9: [j] banaction is not used: the action does"),
                  HasSubstr(":7: [j] chain is not used: the action does"),
                  HasSubstr(":8: [j] protocol is not used: the action does")));
}

TEST_F(JailReaderTest, WhatTheActionRefersToByTheWayIsUsed) {
  ASSERT_TRUE(
      Read("[j]\nenabled = true\nfilter = f\nlogpath = /l\nchain = INPUT\n"
           "protocol = tcp\nbanaction = iptables-multiport\n"
           "mine = %(banaction)s[port=25, %(more)s]\n"
           "more = chain=\"%(chain)s\", protocol=\"%(protocol)s\"\n"
           "action = %(mine)s\n"))
      << error_;
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("more is not known")));
}

TEST_F(JailReaderTest, ASuccessregexIsTheFiltersOrTheJails) {
  directory_.Write("filter.d/f.conf",
                   "[Definition]\nfailregex = x <HOST>\n"
                   "_user = <F-USER>\\w+</F-USER>\n"
                   "successregex = ^good <_user> <ADDR>$\n"
                   "    ^fine <_user> <IP4>$\n");
  auto reading = Read(kJail);
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.filter.success_regexes,
              ElementsAre("^good <F-USER>\\w+</F-USER> <ADDR>$",
                          "^fine <F-USER>\\w+</F-USER> <IP4>$"));
  EXPECT_EQ(reading->jail.good_time, absl::Hours(24));
  EXPECT_EQ(reading->jail.max_good_share, 0.05);
  reading = Read(absl::StrCat(
      kJail, "successregex = <F-USER>a</F-USER> <IP4>\ngoodtime = 3h\n"));
  ASSERT_TRUE(reading.has_value()) << error_;
  EXPECT_THAT(reading->jail.filter.success_regexes,
              ElementsAre("<F-USER>a</F-USER> <IP4>"));
  EXPECT_EQ(reading->jail.good_time, absl::Hours(3));
}

TEST_F(JailReaderTest, AMistakeInASuccessregexIsFoundInItsLine) {
  const std::string jail = absl::StrCat(kJail, "failregex = x <HOST>\n");
  EXPECT_FALSE(Read(absl::StrCat(jail, "successregex = <IP4>\n")));
  EXPECT_THAT(error_, HasSubstr("jail.local:7: [j] successregex 1: captures no "
                                "user"));
  EXPECT_FALSE(Read(absl::StrCat(jail, "successregex = <IP4>(\n")));
  EXPECT_THAT(error_, HasSubstr("jail.local:7: successregex 1: missing"));
  EXPECT_FALSE(Read(absl::StrCat(jail, "succesregex = <IP4>\n")));
  EXPECT_THAT(error_, HasSubstr("did you mean successregex?"));
}

}  // namespace
}  // namespace mxban
