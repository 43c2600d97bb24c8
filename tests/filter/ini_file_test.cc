#include "filter/ini_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string TextOf(const IniValue* value) {
  return value == nullptr ? "(none)" : value->text;
}

// Option `k` of section `s` in the file set `x`.
std::string Read(const ConfigDirectory& directory,
                 const std::string& section = "s") {
  const auto file = IniFile::Load(directory.In("x"));
  if (!file.ok()) return std::string(file.status().message());
  return TextOf(file->Find(section, "k"));
}

TEST(IniFileTest, LaterFilesWin) {
  ConfigDirectory directory;
  EXPECT_EQ(Read(directory.Write("x.conf", "[s]\nk=1")), "1");
  EXPECT_EQ(Read(directory.Write("x.d/b.conf", "[s]\nk=3")), "3");
  EXPECT_EQ(Read(directory.Write("x.d/a.conf", "[s]\nk=2")), "3");
  EXPECT_EQ(Read(directory.Write("x.local", "[s]\nk=4")), "4");
  EXPECT_EQ(Read(directory.Write("x.d/a.local", "[s]\nk=5")), "5");
}

TEST(IniFileTest, DefaultsFillIn) {
  ConfigDirectory directory;
  directory.Write("x.conf", "[DEFAULT]\nk=1\n[s]\nl=2\n[t]\nk=3");
  EXPECT_EQ(Read(directory, "s"), "1");
  EXPECT_EQ(Read(directory, "t"), "3");
}

TEST(IniFileTest, IncludesAreReadAroundTheFile) {
  ConfigDirectory directory;
  directory.Write("x.conf",
                  "[INCLUDES]\nbefore = b.conf\n gone.conf\n"
                  "after = a.conf\n[s]\nk=own\nl=own");
  directory.Write("b.conf", "[s]\nk=before\nm=before");
  directory.Write("b.local", "[s]\nm=beside");
  directory.Write("a.conf", "[s]\nk=after");
  const auto file = IniFile::Load(directory.In("x"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(TextOf(file->Find("s", "k")), "after");
  EXPECT_EQ(TextOf(file->Find("s", "l")), "own");
  EXPECT_EQ(TextOf(file->Find("s", "m")), "beside");
  EXPECT_THAT(file->sections(), ElementsAre("s"));
}

TEST(IniFileTest, FilesThatIncludeEachOtherAreReadOnce) {
  ConfigDirectory directory;
  directory.Write("x.conf", "[INCLUDES]\nbefore = y.conf\n[s]\nk=1");
  directory.Write("y.conf", "[INCLUDES]\nbefore = x.conf\n[s]\nk=2");
  EXPECT_EQ(Read(directory), "1");
}

TEST(IniFileTest, ConditionalSectionsMergeWithTheirConditionBehindTheKey) {
  ConfigDirectory directory;
  directory.Write("x.conf", "[s?family=inet6]\nk=6\n[s]\nk=4");
  const auto file = IniFile::Load(directory.In("x"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(TextOf(file->Find("s", "k")), "4");
  EXPECT_EQ(TextOf(file->Find("s", "k?family=inet6")), "6");
}

TEST(IniFileTest, WhatWasOverriddenStaysKnown) {
  ConfigDirectory directory;
  directory.Write("x.conf", "[DEFAULT]\nd=0\n[s]\nk=1\nd=2");
  directory.Write("x.local", "[s]\nk=2");
  const auto file = IniFile::Load(directory.In("x"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(TextOf(file->FindKnown("s", "k")), "1");
  EXPECT_EQ(TextOf(file->FindKnown("s", "d")), "0") << "of DEFAULT";
  EXPECT_EQ(TextOf(file->FindKnown("s", "z")), "(none)");
}

TEST(IniFileTest, MistakesOfAllFilesAreListed) {
  ConfigDirectory directory;
  directory.Write("x.conf", "oops").Write("x.local", "[s]\noops");
  EXPECT_THAT(Read(directory), HasSubstr("x.conf:1: "));
  EXPECT_THAT(Read(directory), HasSubstr("x.local:2: "));
}

TEST(IniFileTest, NoFileIsNoMistake) {
  ConfigDirectory directory;
  const auto file = IniFile::Load(directory.In("x"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->files().empty());
  EXPECT_FALSE(IniFile::LoadAlone(directory.In("x.conf")).ok());
}

}  // namespace
}  // namespace mxban
