#include "filter/date_names.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(DateNamesTest, KnowsMonthsInAnyCaseAndLength) {
  EXPECT_EQ(MonthOf("Jan"), 1);
  EXPECT_EQ(MonthOf("MAY 3"), 5);
  EXPECT_EQ(MonthOf("sePtember"), 9);
  EXPECT_EQ(MonthOf("dec"), 12);
}

TEST(DateNamesTest, KnowsWeekdays) {
  EXPECT_EQ(WeekdayOf("Sun"), 0);
  EXPECT_EQ(WeekdayOf("monday"), 1);
  EXPECT_EQ(WeekdayOf("SAT"), 6);
}

TEST(DateNamesTest, KnowsNothingElse) {
  for (const char* text : {"", "J", "Ja", "Jax", " Jan", "Mar"}) {
    EXPECT_EQ(WeekdayOf(text), -1) << text;
  }
  for (const char* text : {"", "M", "Ma", "Mai", " May", "Mon"}) {
    EXPECT_EQ(MonthOf(text), 0) << text;
  }
}

}  // namespace
}  // namespace mxban
