// On a real store's file.

#include "coordinator/audit_table.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/store_schema.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

AuditRecord Said(const std::string& reason, const std::string& source = "",
                 absl::Time time = kNoon) {
  return {time, "ann", "ban", "jail", source, reason};
}

std::vector<std::string> Reasons(
    const absl::StatusOr<std::vector<AuditRecord>>& records) {
  EXPECT_TRUE(records.ok()) << records.status();
  std::vector<std::string> reasons;
  for (const AuditRecord& record : *records) reasons.push_back(record.reason);
  return reasons;
}

class AuditTableTest : public testing::Test {
 protected:
  AuditTableTest() {
    const std::string path =
        testing::TempDir() + "/" +
        testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
    std::filesystem::remove(path);
    database_ = *SqliteDatabase::Open(path);
    EXPECT_EQ(BringUpToDate(*database_), absl::OkStatus());
    table_ = std::make_unique<AuditTable>(*database_);
    EXPECT_EQ(table_->status(), absl::OkStatus());
  }

  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<AuditTable> table_;
};

TEST_F(AuditTableTest, WhatIsAppendedIsReadAndNumbered) {
  AuditRecord record = Said("seen elsewhere", "203.0.113.7");
  ASSERT_EQ(table_->Append({record, Said("next")}), absl::OkStatus());
  const auto records = table_->After(0, 10);
  ASSERT_EQ(records->size(), 2);
  record.id = 1;
  EXPECT_EQ(records->front(), record);
  EXPECT_EQ(records->back().id, 2);
}

TEST_F(AuditTableTest, WhatFollowsARecordIsTheOldestFirst) {
  ASSERT_EQ(table_->Append({Said("1"), Said("2"), Said("3"), Said("4")}),
            absl::OkStatus());
  EXPECT_THAT(Reasons(table_->After(1, 2)), ElementsAre("2", "3"));
  EXPECT_THAT(Reasons(table_->After(4, 2)), ElementsAre());
}

TEST_F(AuditTableTest, PagesAreNewestFirstAndMeet) {
  // Several of one turn are of one moment.
  ASSERT_EQ(
      table_->Append({Said("1"), Said("2"), Said("3"),
                      Said("4", "", kNoon + absl::Seconds(1)), Said("5")}),
      absl::OkStatus());
  AuditQuery query = {.limit = 2};
  std::vector<std::string> all;
  while (true) {
    const auto page = table_->Page(query);
    for (const std::string& reason : Reasons(page)) all.push_back(reason);
    if (page->size() < query.limit) break;
    query.before = {page->back().time, page->back().id};
  }
  EXPECT_THAT(all, ElementsAre("4", "5", "3", "2", "1"));
}

TEST_F(AuditTableTest, ASourceIsFoundInWhatConcernsItsNetwork) {
  ASSERT_EQ(
      table_->Append({Said("itself", "203.0.113.7"),
                      Said("network", "203.0.113.0/24"),
                      Said("neighbour", "203.0.113.8"),
                      Said("of IPv6", "2001:db8:bad::/64"), Said("of nobody")}),
      absl::OkStatus());
  const auto about = [&](const char* source) {
    return Reasons(table_->Page({.source = IpNetwork::ParseOrDie(source)}));
  };
  EXPECT_THAT(about("203.0.113.7"), ElementsAre("network", "itself"));
  EXPECT_THAT(about("203.0.113.0/24"), ElementsAre("network"));
  EXPECT_THAT(about("2001:db8:bad::7"), ElementsAre("of IPv6"));
  EXPECT_THAT(about("198.51.100.1"), ElementsAre());
}

TEST_F(AuditTableTest, SinceMeansThatTimeOrLater) {
  ASSERT_EQ(
      table_->Append({Said("old", "203.0.113.7", kNoon),
                      Said("then", "", kNoon + absl::Minutes(1)),
                      Said("new", "203.0.113.7", kNoon + absl::Hours(1))}),
      absl::OkStatus());
  AuditQuery query = {.since = kNoon + absl::Minutes(1)};
  EXPECT_THAT(Reasons(table_->Page(query)), ElementsAre("new", "then"));
  query.source = IpNetwork::ParseOrDie("203.0.113.7");
  EXPECT_THAT(Reasons(table_->Page(query)), ElementsAre("new"));
}

TEST_F(AuditTableTest, TheOldestGo) {
  ASSERT_EQ(
      table_->Append({Said("old"), Said("new", "", kNoon + absl::Hours(1)),
                      Said("newer", "", kNoon + absl::Hours(2))}),
      absl::OkStatus());
  ASSERT_EQ(table_->ForgetBefore(kNoon + absl::Hours(1)), absl::OkStatus());
  EXPECT_THAT(Reasons(table_->After(0, 10)), ElementsAre("new", "newer"));
  ASSERT_EQ(table_->ForgetBefore(kNoon + absl::Hours(3)), absl::OkStatus());
  ASSERT_EQ(table_->Append({Said("next")}), absl::OkStatus());
  EXPECT_EQ(table_->After(0, 10)->front().id, 4) << "numbers do not come again";
}

TEST_F(AuditTableTest, ThereIsRoomForSoMany) {
  ASSERT_EQ(table_->Append({Said("1"), Said("2"), Said("3")}),
            absl::OkStatus());
  // As if all between had been there.
  ASSERT_EQ(database_->Execute(
                absl::StrCat("UPDATE audit SET id = ", kMaxAuditRecords,
                             " WHERE id = 3; UPDATE sqlite_sequence SET seq = ",
                             kMaxAuditRecords)
                    .c_str()),
            absl::OkStatus());
  ASSERT_EQ(table_->Append({Said("4")}), absl::OkStatus());
  EXPECT_THAT(Reasons(table_->After(0, 10)), ElementsAre("2", "3", "4"));
}

TEST_F(AuditTableTest, WhatNobodyWroteIsDataLoss) {
  ASSERT_EQ(table_->Append({Said("", "203.0.113.7")}), absl::OkStatus());
  for (const char* damage :
       {"message = X'ff'", "source = CAST('203.0.113.8' AS BLOB)",
        "time = 0"}) {
    ASSERT_EQ(database_->Execute(
                  absl::StrCat("BEGIN; UPDATE audit SET ", damage).c_str()),
              absl::OkStatus());
    AuditTable damaged(*database_);
    EXPECT_TRUE(absl::IsDataLoss(damaged.After(0, 1).status())) << damage;
    ASSERT_EQ(database_->Execute("ROLLBACK"), absl::OkStatus());
  }
}

}  // namespace
}  // namespace mxban
