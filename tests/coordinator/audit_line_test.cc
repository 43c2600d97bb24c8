#include "coordinator/audit_line.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(AuditLineTest, ARecordIsOneLine) {
  const AuditRecord record = {kNoon + absl::Microseconds(1),
                              "ann",
                              "ban",
                              "sendmail",
                              "203.0.113.7",
                              "seen elsewhere",
                              7};
  EXPECT_EQ(AuditLine("4f2a", record),
            "{\"history\":\"4f2a\",\"id\":7,"
            "\"time\":\"2026-11-23T12:00:00.000001Z\",\"who\":\"ann\","
            "\"action\":\"ban\",\"jail\":\"sendmail\","
            "\"source\":\"203.0.113.7\",\"reason\":\"seen elsewhere\"}");
}

TEST(AuditLineTest, IsJsonWhateverIsSaid) {
  AuditRecord record = {.time = kNoon, .who = "a\"b\\", .action = "ban"};
  record.reason = "\"},{\"id\":9,\"x\":\"\\x1b[2J \\";
  const auto json = nlohmann::json::parse(AuditLine("4f2a", record));
  EXPECT_EQ(json.at("who"), record.who);
  EXPECT_EQ(json.at("reason"), record.reason);
  EXPECT_EQ(json.size(), 8);
}

TEST(AuditLineTest, TellsWhichRecordItIsOf) {
  AuditRecord record = {.time = kNoon};
  record.id = 1'234'567;
  const std::string line = AuditLine("4f2a", record);
  EXPECT_EQ(PlaceOfAuditLine(line), (AuditPlace{"4f2a", 1'234'567}));
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(PlaceOfAuditLine(line.substr(0, size))) << size;
  }
  EXPECT_FALSE(PlaceOfAuditLine("{\"history\":\"4f2a\",\"id\":x,}"));
  EXPECT_FALSE(PlaceOfAuditLine("root:x:0:0:root:/root:/bin/bash"));
}

}  // namespace
}  // namespace mxban
