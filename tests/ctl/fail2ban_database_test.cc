#include "ctl/fail2ban_database.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class Fail2BanDatabaseTest : public testing::Test {
 protected:
  Fail2BanDatabaseTest() { std::filesystem::remove(path_); }

  // What Fail2Ban 1.0.2 has of it (server/database.py).
  void Execute(const std::string& statements) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(
        sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr),
        SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  const std::string path_ = testing::TempDir() + "/fail2ban.sqlite3";
};

constexpr char kTable[] =
    "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER "
    "NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, "
    "data JSON, PRIMARY KEY(ip, jail));";

TEST_F(Fail2BanDatabaseTest, WhatStandsIsReadWithTheTimeThatIsLeft) {
  Execute(std::string(kTable) +
          "INSERT INTO bips VALUES"
          "('192.0.2.3', 'sshd', 1699999000, 1000, 1, '{}'),"
          "('192.0.2.2', 'sendmail', 1699999000, -1, 1, '{}'),"
          "('192.0.2.1', 'sendmail', 1699999000, 1001, 2, NULL);");
  const auto bans = ReadFail2BanDatabase(path_, kNow);
  ASSERT_TRUE(bans.ok()) << bans.status();
  ASSERT_THAT(*bans, SizeIs(2));
  EXPECT_EQ((*bans)[0].source, "192.0.2.1");
  EXPECT_EQ((*bans)[0].jail, "sendmail");
  EXPECT_EQ((*bans)[0].expire_time, kNow + absl::Seconds(1));
  EXPECT_EQ((*bans)[1].expire_time, absl::InfiniteFuture());
}

TEST_F(Fail2BanDatabaseTest, OneThatIsNotThereSaysHowToFindIt) {
  const auto bans = ReadFail2BanDatabase(path_, kNow);
  EXPECT_TRUE(absl::IsNotFound(bans.status()));
  EXPECT_THAT(std::string(bans.status().message()),
              HasSubstr("fail2ban-client get dbfile"));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "it is not made";
}

TEST_F(Fail2BanDatabaseTest, WhatIsSomethingElseIsRefused) {
  Execute("CREATE TABLE bans(ip TEXT);");  // As before 0.11.
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ReadFail2BanDatabase(path_, kNow).status()));
  std::ofstream(path_) << "no database at all, but long enough to be read";
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ReadFail2BanDatabase(path_, kNow).status()));
}

}  // namespace
}  // namespace mxban::ctl
