#include "coordinator/escalation_option.h"

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

class EscalationOptionTest : public testing::Test {
 protected:
  std::optional<Escalation> Read(const std::string& options) {
    ConfigDirectory directory;
    directory.Write("jail.local", absl::StrCat("[j]\n", options));
    const auto file = IniFile::Load(directory.In("jail"));
    notes_.clear();
    ErrorList errors;
    const JailSource source{.file = *file,
                            .sound_files = sound_files_,
                            .errors = errors,
                            .notes = notes_};
    SectionReader section(source, "j");
    std::optional<Escalation> escalation = ReadEscalation(section);
    error_ = std::string(errors.ToStatus().message());
    return escalation;
  }

  std::vector<std::string> notes_;
  std::set<std::string> sound_files_;
  std::string error_;
};

TEST_F(EscalationOptionTest, IsOffUnlessSwitchedOn) {
  EXPECT_FALSE(Read("").has_value());
  EXPECT_FALSE(Read("bantime.factor = 2\n").has_value());
  EXPECT_FALSE(Read("bantime.increment = false\n").has_value());
}

TEST_F(EscalationOptionTest, AllOfItIsRead) {
  const auto escalation = Read(
      "bantime.increment = true\nbantime.factor = 1.5\n"
      "bantime.multipliers = 1 5 30\nbantime.maxtime = 5w\n"
      "bantime.rndtime = 10m\nbantime.overalljails = yes\n");
  ASSERT_TRUE(escalation.has_value());
  EXPECT_EQ(error_, "");
  EXPECT_EQ(escalation->factor, 1.5);
  EXPECT_THAT(escalation->multipliers, ElementsAre(1, 5, 30));
  EXPECT_EQ(escalation->max_time, absl::Hours(24 * 35));
  EXPECT_EQ(escalation->random_time, absl::Minutes(10));
  EXPECT_TRUE(escalation->over_all_jails);
}

TEST_F(EscalationOptionTest, EmptyIsTheDefault) {
  EXPECT_EQ(Read("bantime.increment = true\nbantime.factor =\n"
                 "bantime.multipliers =\nbantime.maxtime =\n"
                 "bantime.rndtime =\nbantime.formula =\n"),
            Escalation());
  EXPECT_EQ(error_, "");
}

TEST_F(EscalationOptionTest, OtherFormulasAreRefused) {
  Read(
      "bantime.increment = true\n"
      "bantime.formula = ban.Time * math.exp(ban.Count)\n");
  EXPECT_THAT(error_,
              HasSubstr("jail.local:3: [j] bantime.formula: 'ban.Time"));
}

TEST_F(EscalationOptionTest, WhatIsSetInVainIsNoted) {
  Read("bantime.factor = 2\nbantime.maxtime =\nbantime.rndtime = 1m\n");
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("jail.local:2: [j] bantime.factor "
                                            "is not used: bantime.increment"),
                                  HasSubstr("bantime.rndtime is not used")));
  Read("bantime.increment = true\nbantime.factor = 2\n");
  EXPECT_THAT(notes_, IsEmpty());
  Read("[DEFAULT]\nbantime.factor = 2\n");
  EXPECT_THAT(notes_,
              ElementsAre(HasSubstr("[DEFAULT] bantime.factor is not")));
  Read("[DEFAULT]\nbantime.factor = 2\n[k]\nbantime.increment = true\n");
  EXPECT_THAT(notes_, IsEmpty()) << "k uses it";
}

}  // namespace
}  // namespace mxban
