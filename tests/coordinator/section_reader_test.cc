#include "coordinator/section_reader.h"

#include <string>

#include "coordinator/option_value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SectionReaderTest : public testing::Test {
 protected:
  IniFile Load() {
    directory_.Write("jail.local",
                     "[DEFAULT]\nbantime = long\nempty =\n"
                     "[j]\nmaxretry = %(few)s\nbroken = %(gone)s\n"
                     "version = %(fail2ban_version)s\n[k]\n");
    return *IniFile::Load(directory_.In("jail"));
  }

  ConfigDirectory directory_;
  ErrorList errors_;
  std::vector<std::string> notes_;
  std::set<std::string> sound_files_;
  const IniFile file_ = Load();
  const JailSource source_{.file = file_,
                           .sound_files = sound_files_,
                           .errors = errors_,
                           .notes = notes_};
  SectionReader reader_{source_, "j"};
};

TEST_F(SectionReaderTest, ValuesAreInterpolated) {
  reader_.Give("few", "3");
  uint32_t max_retry = 0;
  reader_.Set("maxretry", ParseMaxRetry, max_retry);
  EXPECT_EQ(max_retry, 3u);
  EXPECT_FALSE(reader_.is_wrong());
  EXPECT_FALSE(reader_.Get("version")->text.empty());
}

TEST_F(SectionReaderTest, EmptyMayBeNone) {
  EXPECT_EQ(reader_.Get("empty")->text, "");
  EXPECT_FALSE(reader_.GetFilled("empty").has_value());
  EXPECT_FALSE(reader_.Get("absent").has_value());
}

TEST_F(SectionReaderTest, WhatIsWrongForAllIsSaidOnce) {
  absl::Duration ban_time;
  SectionReader other(source_, "k");
  reader_.Set("bantime", ParseBanTime, ban_time);
  other.Set("bantime", ParseBanTime, ban_time);
  EXPECT_TRUE(reader_.is_wrong());
  EXPECT_TRUE(other.is_wrong());
  const std::string error(errors_.ToStatus().message());
  EXPECT_THAT(error, HasSubstr(":2: [DEFAULT] bantime: 'long' is not a"));
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST_F(SectionReaderTest, AReferenceToNothingIsWrong) {
  EXPECT_FALSE(reader_.Get("broken").has_value());
  EXPECT_TRUE(reader_.is_wrong());
  EXPECT_THAT(std::string(errors_.ToStatus().message()),
              HasSubstr("%(gone)s is defined nowhere"));
}

TEST_F(SectionReaderTest, NotesNameTheirSection) {
  const SourcePlace shared = {directory_.In("jail.local"), 2};
  reader_.NoteAt(shared, "so");
  reader_.NoteAt(shared, "so");
  reader_.NoteOwnAt(shared, "so");
  reader_.NoteAt(reader_.place(), "so");
  EXPECT_THAT(notes_,
              ElementsAre(HasSubstr(":2: [DEFAULT] so"),
                          HasSubstr(":2: [j] so"), HasSubstr(":4: [j] so")));
}

TEST(ReferencesInTest, AreLowerCaseWithoutTheirSection) {
  EXPECT_EQ(ReferencesIn("%(A)s x %(known/b.c)s %(d"),
            (std::set<std::string, std::less<>>{"a", "b.c"}));
}

}  // namespace
}  // namespace mxban
