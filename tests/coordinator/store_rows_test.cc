#include "coordinator/store_rows.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_convert.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

class StoreRowsTest : public testing::Test {
 protected:
  // The row that SQL `values` make.
  SqliteStatement Row(const std::string& values) {
    SqliteStatement row = database_->Prepare(absl::StrCat("SELECT ", values));
    EXPECT_EQ(row.Step().status(), absl::OkStatus());
    return row;
  }

  SqliteStatement BanRow(const std::string& jail, const std::string& source,
                         const std::string& message) {
    SqliteStatement row = database_->Prepare("SELECT ?, ?, ?");
    row.Bind(jail).Bind(source).Bind(message);
    EXPECT_EQ(row.Step().status(), absl::OkStatus());
    return row;
  }

  std::unique_ptr<SqliteDatabase> database_ =
      *SqliteDatabase::Open(testing::TempDir() + "/rows.db");
};

TEST_F(StoreRowsTest, ABanFitsItsKey) {
  Ban ban;
  ban.key = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};
  ban.create_time = kNoon;
  const std::string message = BanToProto(ban).SerializeAsString();
  EXPECT_EQ(BanOfRow(BanRow("jail", "203.0.113.30", message))->key, ban.key);
  EXPECT_TRUE(absl::IsDataLoss(
      BanOfRow(BanRow("jail", "203.0.113.31", message)).status()));
  EXPECT_TRUE(absl::IsDataLoss(
      BanOfRow(BanRow("other", "203.0.113.30", message)).status()));
  EXPECT_TRUE(absl::IsDataLoss(
      BanOfRow(BanRow("jail", "203.0.113.30", "rubbish")).status()));
}

TEST_F(StoreRowsTest, ReadsWhatWasWritten) {
  const auto failure =
      FailureOfRow(Row("'jail', '203.0.113.30', 1795435200000000, 'mx1', 'l', "
                       "'alice'"));
  ASSERT_TRUE(failure.ok()) << failure.status();
  EXPECT_EQ(failure->time, kNoon);
  EXPECT_EQ(failure->server, "mx1");
  EXPECT_EQ(failure->evidence, "l");
  EXPECT_EQ(failure->user, "alice");
  const auto login =
      LoginOfRow(Row("'jail', '2001:db8::/64', 'bob', 1795435200000000"));
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->key.source, IpNetwork::ParseOrDie("2001:db8::/64"));
  EXPECT_EQ(login->user, "bob");
  EXPECT_EQ(login->time, kNoon);
  const auto progress =
      ProgressOfRow(Row("'mx1', 'jail', 'log', 100, 1795435200000000"));
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->log_id, "log");
  EXPECT_EQ(progress->offset, 100);
  EXPECT_EQ(progress->time, kNoon);
  const auto pardon =
      PardonOfRow(Row("'jail', '2001:db8::/64', 1795435200000000"));
  ASSERT_TRUE(pardon.ok()) << pardon.status();
  EXPECT_EQ(pardon->time, kNoon);
  EXPECT_TRUE(
      BanCountOfRow(Row("'jail', '203.0.113.30', 1, 9223372036854775807"))
          .ok());
}

TEST_F(StoreRowsTest, WhatNobodyWroteIsDataLoss) {
  for (const char* values :
       {"'', '203.0.113.30', 1, '', '', ''", "'jail', 'rubbish', 1, '', '', ''",
        "'jail', '203.0.113.030', 1, '', '', ''",
        "'jail', '203.0.113.1/24', 1, '', '', ''",
        "NULL, NULL, NULL, NULL, NULL, NULL",
        "'jail', '203.0.113.30', 0, '', '', ''",
        "'jail', '203.0.113.30', 9223372036854775807, '', '', ''",
        "'jail', '203.0.113.30', 1, '', '', zeroblob(65)"}) {
    EXPECT_TRUE(absl::IsDataLoss(FailureOfRow(Row(values)).status())) << values;
  }
  for (const char* values :
       {"'', '203.0.113.30', 'u', 1", "'jail', 'x', 'u', 1",
        "'jail', '203.0.113.30', '', 1", "'jail', '203.0.113.30', 'u', 0",
        "'jail', '203.0.113.30', zeroblob(65), 1"}) {
    EXPECT_TRUE(absl::IsDataLoss(LoginOfRow(Row(values)).status())) << values;
  }
  EXPECT_TRUE(absl::IsDataLoss(
      ProgressOfRow(Row("'mx1', 'jail', 'log', -1, 1")).status()));
  EXPECT_TRUE(
      absl::IsDataLoss(ProgressOfRow(Row("'mx1', 'jail', '', 1, 1")).status()));
  EXPECT_TRUE(absl::IsDataLoss(PardonOfRow(Row("'jail', 'x', 1")).status()));
  EXPECT_TRUE(absl::IsDataLoss(
      BanCountOfRow(Row("'jail', '203.0.113.30', 0, 1")).status()));
}

}  // namespace
}  // namespace mxban
