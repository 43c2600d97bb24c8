#include "filter/local_zone.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace mxban {
namespace {

// Noon of a day in UTC, as the local clock shows it.
std::string NoonIn(const char* zone, int month) {
  setenv("TZ", zone, 1);
  tzset();
  return absl::FormatTime("%H:%M",
                          absl::FromCivil(absl::CivilHour(2005, month, 14, 12),
                                          absl::UTCTimeZone()),
                          LocalZone());
}

TEST(LocalZoneTest, KnowsNamesAndRules) {
  EXPECT_EQ(NoonIn("UTC", 8), "12:00");
  EXPECT_EQ(NoonIn("Europe/Berlin", 8), "14:00");
  EXPECT_EQ(NoonIn(":Europe/Berlin", 1), "13:00");
  EXPECT_EQ(NoonIn("CET-01CEST-02,M3.5.0,M10.5.0", 8), "14:00");
  EXPECT_EQ(NoonIn("CET-01CEST-02,M3.5.0,M10.5.0", 1), "13:00");
}

TEST(LocalZoneTest, RulesWorkBackwardsToo) {
  setenv("TZ", "CET-01CEST-02,M3.5.0,M10.5.0", 1);
  tzset();
  const absl::CivilSecond noon(2005, 8, 14, 12, 0, 0);
  EXPECT_EQ(absl::ToUnixSeconds(absl::FromCivil(noon, LocalZone())),
            1124013600);
}

}  // namespace
}  // namespace mxban
