#include "filter/zone_name.h"

#include <string>

#include "absl/time/civil_time.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr int kNone = -10'000;

struct Case {
  const char* text;
  int minutes;  // East of UTC, or kNone.
};

class ParseZoneTest : public testing::TestWithParam<Case> {};

TEST_P(ParseZoneTest, TellsTheOffset) {
  EXPECT_EQ(ParseZone(GetParam().text).value_or(kNone), GetParam().minutes)
      << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Offsets, ParseZoneTest,
    testing::Values(Case{"+0200", 120}, Case{"-0730", -450},
                    Case{"+05:45", 345}, Case{"-03", -180}, Case{"+00", 0},
                    Case{"-0000", 0}, Case{"+2359", 1439}, Case{"+2400", kNone},
                    Case{"+0260", kNone}, Case{"+2", kNone},
                    Case{"+02:", kNone}, Case{"+02000", kNone},
                    Case{"+02:0", kNone}, Case{"+", kNone}, Case{"+-2", kNone},
                    Case{"+0 00", kNone}, Case{"0200", kNone}));

INSTANTIATE_TEST_SUITE_P(
    Names, ParseZoneTest,
    testing::Values(Case{"UTC", 0}, Case{"GMT", 0}, Case{"Z", 0},
                    Case{"CET", 60}, Case{"CEST", 120}, Case{"EST", -300},
                    Case{"EDT", -240}, Case{"PST", -480}, Case{"PDT", -420},
                    Case{"MSK", 180}, Case{"JST", 540}, Case{"AEST", 600},
                    Case{"IST", 330}, Case{"NST", -210}, Case{"ACDT", 630},
                    Case{"YEKT", 300}, Case{"cet", 60}, Case{"Utc", 0},
                    Case{"", kNone}, Case{"QQQ", kNone}, Case{"CE", kNone},
                    Case{"CETX", kNone}, Case{"ABCDEF", kNone},
                    Case{"1CET", kNone}, Case{"\xff", kNone},
                    Case{"C T", kNone}));

INSTANTIATE_TEST_SUITE_P(MilitaryLetters, ParseZoneTest,
                         testing::Values(Case{"A", 60}, Case{"I", 540},
                                         Case{"J", kNone}, Case{"K", 600},
                                         Case{"M", 720}, Case{"N", -60},
                                         Case{"Y", -720}, Case{"z", 0},
                                         Case{"1", kNone}, Case{"[", kNone}));

INSTANTIATE_TEST_SUITE_P(
    Sums, ParseZoneTest,
    testing::Values(Case{"UTC+0200", 120}, Case{"UTC-07:00", -420},
                    Case{"GMT+1", kNone}, Case{"CET+02", 180}, Case{"A-01", 0},
                    Case{"QQQ+01", kNone}, Case{"UTC+", kNone}));

// What a clock in the zone `text` shows at noon UTC on 14 August, or why not.
std::string NoonIn(const std::string& text) {
  const auto zone = ParseLogTimeZone(text);
  if (!zone.ok()) return std::string(zone.status().message());
  const absl::Time noon =
      absl::FromCivil(absl::CivilHour(2005, 8, 14, 12), absl::UTCTimeZone());
  return absl::FormatTime("%H:%M", noon, *zone);
}

TEST(ParseLogTimeZoneTest, TakesOffsetsAbbreviationsAndPlaces) {
  EXPECT_EQ(NoonIn("UTC+0200"), "14:00");
  EXPECT_EQ(NoonIn("UTC-07:00"), "05:00");
  EXPECT_EQ(NoonIn("+0530"), "17:30");
  EXPECT_EQ(NoonIn(" Z "), "12:00");
  EXPECT_EQ(NoonIn("Europe/Berlin"), "14:00");
  EXPECT_EQ(NoonIn("America/Argentina/Buenos_Aires"), "09:00");
  EXPECT_EQ(NoonIn("Etc/GMT-3"), "15:00");
}

TEST(ParseLogTimeZoneTest, AnAbbreviationHasNoSummer) {
  EXPECT_EQ(NoonIn("CET"), "13:00");
  EXPECT_EQ(NoonIn("EST"), "07:00");
}

TEST(ParseLogTimeZoneTest, RefusesTheRest) {
  for (const char* text :
       {"", "QQQ", "Europe/Atlantis", "UTC+25", "/etc/passwd", "../etc/passwd",
        "libc:localtime", "12", "a\nb"}) {
    EXPECT_FALSE(ParseLogTimeZone(text).ok()) << text;
  }
  EXPECT_EQ(NoonIn("Mid\nland"), "'Mid\\nland' is no time zone");
}

}  // namespace
}  // namespace mxban
