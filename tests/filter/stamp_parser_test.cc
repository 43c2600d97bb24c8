#include "filter/stamp_parser.h"

#include <string>

#include "absl/strings/str_format.h"
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

// `-1` stands for no year.
std::string Syslog(const std::string& text) {
  StampFields fields;
  const size_t length = ParseSyslogStamp(text, 2029, fields);
  if (length == 0) return "";
  return text.substr(0, length) +
         absl::StrFormat("|%d-%d-%d %d:%d:%d", fields.year, fields.month,
                         fields.day, fields.hour, fields.minute, fields.second);
}

std::string Epoch(const std::string& text) {
  StampFields fields;
  const size_t length = ParseEpochStamp(text, fields);
  if (length == 0) return "";
  return text.substr(0, length) + "|" + std::to_string(*fields.unix_seconds);
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
        "2026-11-23 08:51:190", "20261123T085119", "2026-11-2308:51:19",
        "2026-11-23   08:51:19", "2026-11-23t08:51:19"}) {
    EXPECT_EQ(Iso(text), "") << text;
  }
}

TEST(StampParserTest, ReadsSyslogStamps) {
  EXPECT_EQ(Syslog("Nov 23 08:40:11 mx1"), "Nov 23 08:40:11|-1-11-23 8:40:11");
  EXPECT_EQ(Syslog("nov  3 08:40:11 mx1"), "nov  3 08:40:11|-1-11-3 8:40:11");
  EXPECT_EQ(Syslog("Mon Nov 23 08:40:11.5 2026]"),
            "Mon Nov 23 08:40:11.5 2026|2026-11-23 8:40:11");
  EXPECT_EQ(Syslog("Nov 23 08:40:11 2099"), "Nov 23 08:40:11|-1-11-23 8:40:11");
  EXPECT_EQ(Syslog("Nov 23 08:40:11 20261"),
            "Nov 23 08:40:11|-1-11-23 8:40:11");
}

TEST(StampParserTest, RefusesWhatIsNoSyslogStamp) {
  for (const char* text :
       {"", "Nov", "Nox 23 08:40:11", "Nov 32 08:40:11", "Nov 0 08:40:11",
        "Nov 23 08:40", "Nov 23 08:40:1a", "Nov 23 2026 08:40:11",
        "Mon 23 08:40:11", "Nov2308:40:11", "MonNov 23 08:40:11",
        "Nov 23 08:40:111"}) {
    EXPECT_EQ(Syslog(text), "") << text;
  }
}

TEST(StampParserTest, ReadsSecondsSince1970) {
  EXPECT_EQ(Epoch("1700000000 x"), "1700000000|1700000000");
  EXPECT_EQ(Epoch("17000000000]"), "17000000000|17000000000");
  EXPECT_EQ(Epoch("1700000000.123456:"), "1700000000.123456|1700000000");
  EXPECT_EQ(Epoch("1700000000.123"), "1700000000.123|1700000000");
  EXPECT_EQ(Epoch("1700000000."), "1700000000|1700000000");
  EXPECT_EQ(Epoch("1700000000.12"), "1700000000|1700000000");
  EXPECT_EQ(Epoch("1700000000.12345x"), "1700000000|1700000000");
  EXPECT_EQ(Epoch("1700000000.1234567"), "1700000000|1700000000");
}

TEST(StampParserTest, RefusesOtherNumbers) {
  for (const char* text : {"", "170000000", "170000000000", "1700000000x",
                           "1700000000_", "-1700000000"}) {
    EXPECT_EQ(Epoch(text), "") << text;
  }
}

}  // namespace
}  // namespace mxban
