#include "filter/stamp_parser.h"

#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "filter/regex.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

// The part of `text` that is a stamp, with the fields: `stamp|y-m-d h:m:s
// zone`.
std::string Iso(const std::string& text) {
  StampFields fields;
  const size_t length = ParseIsoStamp(text, 2029, fields);
  if (length == 0) return "";
  return text.substr(0, length) +
         absl::StrFormat(
             "|%d-%d-%d %d:%d:%d %s", fields.year, fields.month, fields.day,
             fields.hour, fields.minute, fields.second,
             fields.has_zone ? std::to_string(fields.zone_minutes) : "local");
}

std::string Syslog(const std::string& text) {
  StampFields fields;
  const size_t length = ParseSyslogStamp(text, 2029, fields);
  if (length == 0) return "";
  return text.substr(0, length) +
         absl::StrFormat("|%d-%d-%d %d:%d:%d", fields.year, fields.month,
                         fields.day, fields.hour, fields.minute, fields.second);
}

TEST(StampParserTest, ReadsIsoStamps) {
  EXPECT_EQ(Iso("2026-11-23T08:51:19.287127+00:00 mx2"),
            "2026-11-23T08:51:19.287127+00:00|2026-11-23 8:51:19 0");
  EXPECT_EQ(Iso("2026-11-23 08:51:19 x"),
            "2026-11-23 08:51:19|2026-11-23 8:51:19 local");
  EXPECT_EQ(Iso("2026/11/23  8:51:19,287 -0130]"),
            "2026/11/23  8:51:19,287 -0130|2026-11-23 8:51:19 -90");
  EXPECT_EQ(Iso("2026.1.2T3:4:5Z"), "2026.1.2T3:4:5Z|2026-1-2 3:4:5 0");
  EXPECT_EQ(Iso("2026-11-23T08:51:19+02"),
            "2026-11-23T08:51:19+02|2026-11-23 8:51:19 120");
}

TEST(StampParserTest, CutsWhatAnExpressionWouldCut) {
  EXPECT_EQ(Iso("2026-11-23T08:51:19.2871271 x"),
            "2026-11-23T08:51:19|2026-11-23 8:51:19 local")
      << "a fraction has six digits";
  EXPECT_EQ(Iso("2026-11-23 08:51:19 Zebra"),
            "2026-11-23 08:51:19|2026-11-23 8:51:19 local");
  EXPECT_EQ(Iso("2026-11-23 08:51:19Zebra"), "");
}

TEST(StampParserTest, RefusesWhatIsNoIsoStamp) {
  for (const char* text :
       {"", "2026", "1999-11-23 08:51:19", "2030-11-23 08:51:19",
        "2026-13-23 08:51:19", "2026-11-32 08:51:19", "2026-11-23 24:51:19",
        "2026-11/23 08:51:19", "2026-11-23 08:61:19", "2026-11-23 08:51",
        "2026-11-23 08:51:190", "20261123T085119"}) {
    EXPECT_EQ(Iso(text), "") << text;
  }
}

TEST(StampParserTest, ReadsSyslogStamps) {
  EXPECT_EQ(Syslog("Nov 23 08:40:11 mx1"), "Nov 23 08:40:11|0-11-23 8:40:11");
  EXPECT_EQ(Syslog("nov  3 08:40:11 mx1"), "nov  3 08:40:11|0-11-3 8:40:11");
  EXPECT_EQ(Syslog("Mon Nov 23 08:40:11.5 2026]"),
            "Mon Nov 23 08:40:11.5 2026|2026-11-23 8:40:11");
  EXPECT_EQ(Syslog("Nov 23 2026 8:40:11 x"),
            "Nov 23 2026 8:40:11|2026-11-23 8:40:11");
  EXPECT_EQ(Syslog("Nov 23 08:40:11 2099"), "Nov 23 08:40:11|0-11-23 8:40:11");
  EXPECT_EQ(Syslog("Nov 23 08:40:11 20261"), "Nov 23 08:40:11|0-11-23 8:40:11");
}

TEST(StampParserTest, RefusesWhatIsNoSyslogStamp) {
  for (const char* text :
       {"", "Nov", "Nox 23 08:40:11", "Nov 32 08:40:11", "Nov 0 08:40:11",
        "Nov 23 08:40", "Nov 23 08:40:1a", "Mon 23 08:40:11", "Nov2308:40:11",
        "MonNov 23 08:40:11", "Nov 23 08:40:111"}) {
    EXPECT_EQ(Syslog(text), "") << text;
  }
}

TEST(StampParserTest, ReadsSecondsSince1970) {
  int64_t seconds;
  EXPECT_EQ(ParseEpochStamp("1700000000 x", seconds), 10u);
  EXPECT_EQ(seconds, 1700000000);
  EXPECT_EQ(ParseEpochStamp("1700000000.123456:", seconds), 17u);
  EXPECT_EQ(ParseEpochStamp("1700000000.12", seconds), 10u);
  EXPECT_EQ(ParseEpochStamp("170000000", seconds), 0u);
  EXPECT_EQ(ParseEpochStamp("170000000000", seconds), 0u);
  EXPECT_EQ(ParseEpochStamp("1700000000x", seconds), 0u);
}

// The specification's own expressions, run by another engine, cut the same.
TEST(StampParserTest, AgreesWithTheTemplates) {
  Regex iso =
      Regex::Compile(
          R"(^20[0-2]\d([-/.])(?:0?[1-9]|1[0-2])\1(?:[1-2]\d|[0 ]?[1-9]|3[0-1]))"
          R"((?:T|  ?)(?:[0-1]?\d|2[0-3]):[0-5]?\d:(?:[0-5]?\d|6[0-1]))"
          R"((?:[.,]\d{1,6})?(?:\s*(?:Z|UTC|GMT|[+-][01]\d(?::?[0-5]\d)?))?)"
          R"((?=\b|\W|$))")
          .value();
  Regex syslog =
      Regex::Compile(
          R"(^(?i)(?:(?:Mon|Tue) )?(?:Nov|Dec) (?:[1-2]\d|[0 ]?[1-9]|3[0-1]) )"
          R"((?: ?[0-2]?\d):[0-5]?\d:(?:[0-5]?\d|6[0-1])(?:\.\d{1,6})?)"
          R"((?: 20[0-2]\d)?(?=\b|\W|$))")
          .value();
  const std::string seeds[] = {
      "2026-11-23T08:51:19.287127+00:00 mx", "2026/1/ 2  3:04:61,5 GMT x",
      "Mon Nov 23 08:40:11.25 2026 mx", "Dec  1 8:40:11 x"};
  const std::string letters = "0123456789-:/., TZ+";
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string text = seeds[round % 4];
    for (int i = random() % 3; i > 0; --i) {
      text[random() % text.size()] = letters[random() % letters.size()];
    }
    const bool is_iso = round % 4 < 2;
    Regex& regex = is_iso ? iso : syslog;
    const bool found = regex.Search(text) == Regex::Verdict::kMatch;
    StampFields fields;
    const size_t length = is_iso ? ParseIsoStamp(text, 2029, fields)
                                 : ParseSyslogStamp(text, 2029, fields);
    // Zones of 20 hours and more, and a year before the time, are ours alone.
    if (is_iso && fields.zone_minutes / 60 >= 20) continue;
    if (!is_iso && fields.year != 0 && !found) continue;
    EXPECT_EQ(length, found ? regex.Group(0).end : 0) << text;
  }
}

}  // namespace
}  // namespace mxban
