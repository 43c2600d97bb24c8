#include "coordinator/escalation_option.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "tests/coordinator/section_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EscalationOptionTest : public SectionTest {
 protected:
  std::optional<Escalation> Read(const std::string& options) {
    std::optional<Escalation> escalation;
    ReadSection(options, [&](SectionReader& section) {
      escalation = ReadEscalation(section);
    });
    return escalation;
  }
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
