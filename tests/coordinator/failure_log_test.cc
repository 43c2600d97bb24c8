// On real files.

#include "coordinator/failure_log.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "coordinator/packed_bytes.h"
#include "coordinator/store_schema.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

BanKey Numbered(uint32_t number) {
  const uint8_t bytes[] = {10, static_cast<uint8_t>(number >> 16),
                           static_cast<uint8_t>(number >> 8),
                           static_cast<uint8_t>(number)};
  return {"jail", IpNetwork::FromBytes(bytes, 32)};
}

std::string TextOf(const StoredFailure& failure) {
  return absl::StrCat(failure.key.jail, " ", failure.key.source.ToString(), " ",
                      absl::ToUnixMicros(failure.time), " ", failure.server,
                      " ", failure.user, " ", failure.evidence);
}

std::vector<std::string> TextsOf(const std::vector<StoredFailure>& failures) {
  std::vector<std::string> texts;
  for (const StoredFailure& failure : failures) {
    texts.push_back(TextOf(failure));
  }
  return texts;
}

class FailureLogTest : public testing::Test {
 protected:
  FailureLogTest()
      : path_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".db") {
    std::filesystem::remove(path_);
    Reopen();
  }

  void Reopen() {
    log_.reset();
    database_.reset();
    database_ = *SqliteDatabase::Open(path_);
    ASSERT_EQ(BringUpToDate(*database_), absl::OkStatus());
    log_ = std::make_unique<FailureLog>(*database_);
    ASSERT_EQ(log_->status(), absl::OkStatus());
  }

  void Apply(const StoreChange& change) {
    ASSERT_EQ(database_->Execute("BEGIN"), absl::OkStatus());
    ASSERT_EQ(log_->Apply(change), absl::OkStatus());
    ASSERT_EQ(database_->Execute("COMMIT"), absl::OkStatus());
  }

  // One failure each of `count` sources from number `first` on.
  void Fail(uint32_t first, uint32_t count, absl::Time time = kNoon) {
    StoreChange change;
    for (uint32_t i = first; i < first + count; ++i) {
      change.failures.push_back(
          Kept({Numbered(i), time, "mx1", std::string(100, 'e'), "bob"}));
    }
    Apply(change);
  }

  void Forget(uint32_t first, uint32_t count) {
    StoreChange change;
    for (uint32_t i = first; i < first + count; ++i) {
      change.forgotten.push_back(Numbered(i));
    }
    Apply(change);
  }

  int64_t Rows() {
    SqliteStatement count =
        database_->Prepare("SELECT COUNT(*) FROM failure_log");
    EXPECT_TRUE(*count.Step());
    return count.Int(0);
  }

  const std::string path_;
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<FailureLog> log_;
};

TEST_F(FailureLogTest, FailuresOfASourceAreFoundInAllRows) {
  for (int turn = 0; turn < 50; ++turn) {
    StoreChange change;
    for (int i = 0; i < 100; ++i) {
      change.failures.push_back(
          Kept({Numbered(i % 10), kNoon + absl::Seconds(turn), "mx1",
                absl::StrCat(turn, " ", i), "bob"}));
    }
    Apply(change);
  }
  for (int pass = 0; pass < 2; ++pass) {
    const auto failures = log_->Of(Numbered(3), 1'000);
    ASSERT_EQ(failures->size(), 500);
    for (int i = 0; i < 500; ++i) {
      EXPECT_EQ(failures->at(i).evidence,
                absl::StrCat(i / 10, " ", i % 10 * 10 + 3));
    }
    ASSERT_EQ(log_->Of(Numbered(3), 7)->size(), 7);
    EXPECT_EQ(log_->Of(Numbered(3), 7)->back().evidence, "49 93");
    EXPECT_TRUE(log_->Of(Numbered(10), 7)->empty());
    EXPECT_TRUE(log_->Of({"other", Numbered(3).source}, 7)->empty());
    Reopen();
  }
}

TEST_F(FailureLogTest, NewestIsByTimeAndNotByArrival) {
  StoreChange change;
  for (const int second : {5, 1, 3}) {
    change.failures.push_back(Kept({Numbered(1), kNoon + absl::Seconds(second),
                                    "mx1", std::to_string(second)}));
  }
  Apply(change);
  const auto failures = log_->Of(Numbered(1), 2);
  EXPECT_EQ(failures->at(0).evidence, "3");
  EXPECT_EQ(failures->at(1).evidence, "5");
  EXPECT_EQ(log_->Load()->at(0).evidence, "1");
}

TEST_F(FailureLogTest, WhoIsForgottenBeginsAfresh) {
  Fail(0, 3);
  StoreChange change;
  change.forgotten = {Numbered(1), Numbered(7)};
  change.failures = {Kept({Numbered(1), kNoon, "mx1", "new"})};
  Apply(change);
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(log_->Load()->size(), 3);
    ASSERT_EQ(log_->Of(Numbered(1), 10)->size(), 1);
    EXPECT_EQ(log_->Of(Numbered(1), 10)->at(0).evidence, "new");
    EXPECT_EQ(log_->size(), 3);
    Reopen();
  }
}

TEST_F(FailureLogTest, ForgettingWhoIsNotThereWritesNothing) {
  Forget(0, 100);
  EXPECT_EQ(Rows(), 0);
}

// Sources without end, of which only the newest thousand matter.
TEST_F(FailureLogTest, WhatIsDeadGoesFromTheDisk) {
  int64_t most = 0;
  for (uint32_t first = 0; first < 200'000; first += 1'000) {
    Fail(first, 1'000);
    if (first > 0) Forget(first - 1'000, 1'000);
    most = std::max(most, Rows());
  }
  EXPECT_LT(most, 13'000 / 20) << "of 10,000 rows";
  EXPECT_EQ(log_->size(), 1'000);
  Reopen();
  EXPECT_EQ(log_->Load()->size(), 1'000);
}

// One that fails seldom stays, however much dies around it.
TEST_F(FailureLogTest, WhatCountsOutlivesItsRow) {
  StoreChange change;
  change.failures = {Kept({Numbered(1'000'000), kNoon, "mx1", "first"})};
  Apply(change);
  for (uint32_t first = 0; first < 60'000; first += 1'000) {
    Fail(first, 1'000);
    Forget(first, 1'000);
    if (first != 40'000) continue;
    change.failures = {
        Kept({Numbered(1'000'000), kNoon + absl::Hours(1), "mx1", "second"})};
    Apply(change);
  }
  for (int pass = 0; pass < 2; ++pass) {
    const auto failures = log_->Of(Numbered(1'000'000), 10);
    ASSERT_EQ(failures->size(), 2);
    EXPECT_EQ(failures->at(0).evidence, "first");
    EXPECT_EQ(failures->at(1).evidence, "second");
    EXPECT_EQ(log_->size(), 2);
    Reopen();
  }
}

TEST_F(FailureLogTest, OldRowsGo) {
  Fail(0, 500);
  Fail(500, 500, kNoon + absl::Hours(1));
  StoreChange change;
  change.retention.emplace().failures = kNoon + absl::Minutes(1);
  Apply(change);
  EXPECT_EQ(log_->size(), 500);
  EXPECT_TRUE(log_->Of(Numbered(499), 1)->empty());
  EXPECT_EQ(log_->Of(Numbered(500), 1)->size(), 1);
  change.retention->failures += absl::Hours(1);
  Apply(change);
  EXPECT_EQ(Rows(), 0);
  Fail(0, 1);
  EXPECT_EQ(log_->Of(Numbered(0), 9)->size(), 1);
}

TEST_F(FailureLogTest, WhatIsWrittenAgainGetsNoYounger) {
  Fail(0, 1);
  StoreChange change;
  // Sources that come and are forgotten turn the log over, again and again.
  for (int minute = 1; minute <= 60; ++minute) {
    const absl::Time now = kNoon + absl::Minutes(minute);
    Fail(1, 5'000, now);
    change.forgotten.clear();
    for (uint32_t i = 1; i <= 5'000; ++i)
      change.forgotten.push_back(Numbered(i));
    change.retention.emplace().failures = now - absl::Minutes(20);
    Apply(change);
    const size_t left = log_->Of(Numbered(0), 9)->size();
    if (minute <= 20 || minute > 25) {
      EXPECT_EQ(left, minute <= 20 ? 1 : 0) << minute;
    }
  }
  EXPECT_EQ(log_->size(), 0);
}

TEST_F(FailureLogTest, OfOneSourceNoMoreStaysThanTwiceWhatMatters) {
  const TrimmedFailures trimmed = {Numbered(1), 5, /*of_each_server=*/true};
  StoreChange change;
  change.failures = {Kept({Numbered(1), kNoon, "mx2", "early"})};
  Apply(change);
  for (int second = 1; second < 100; ++second) {
    change.failures = {Kept({Numbered(1), kNoon + absl::Seconds(second), "mx1",
                             std::to_string(second)})};
    change.trimmed = {trimmed};
    Apply(change);
    const auto failures = log_->Of(Numbered(1), 1'000);
    ASSERT_LE(failures->size(), 2 * 5);
    ASSERT_GE(failures->size(), std::min(second + 1, 5 + 1));
    EXPECT_EQ(failures->front().evidence, "early") << "the newest of mx2";
    EXPECT_EQ(failures->back().evidence, std::to_string(second));
  }
}

TEST_F(FailureLogTest, AFailedTransactionLeavesNothing) {
  Fail(0, 10);
  StoreChange change;
  change.forgotten = {Numbered(1)};
  change.failures = {Kept({Numbered(2), kNoon, "mx1", "lost"})};
  ASSERT_EQ(database_->Execute("BEGIN"), absl::OkStatus());
  ASSERT_EQ(log_->Apply(change), absl::OkStatus());
  ASSERT_EQ(database_->Execute("ROLLBACK"), absl::OkStatus());
  log_->Doubt();
  EXPECT_EQ(log_->Of(Numbered(1), 10)->size(), 1);
  EXPECT_EQ(log_->Of(Numbered(2), 10)->size(), 1);
  Fail(2, 1);
  EXPECT_EQ(log_->Of(Numbered(2), 10)->size(), 2);
  EXPECT_EQ(log_->Load()->size(), 11);
}

TEST_F(FailureLogTest, WhatIsLeftOfALogIsMadeOne) {
  for (int i = 0; i < 10; ++i) Fail(0, 100);
  ASSERT_EQ(database_->Execute("DELETE FROM failure_log WHERE id % 3 = 1"),
            absl::OkStatus());
  Reopen();
  const std::vector<StoredFailure> before = *log_->Load();
  ASSERT_GT(before.size(), 500);
  ASSERT_EQ(log_->Rewrite(), absl::OkStatus());
  Reopen();
  EXPECT_EQ(TextsOf(*log_->Load()), TextsOf(before));
  uint64_t found = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    found += log_->Of(Numbered(i), 100)->size();
  }
  EXPECT_EQ(found, before.size()) << "each is found from the one behind it";
}

TEST_F(FailureLogTest, ARowThatIsNotReadableIsDamage) {
  for (const char* damage :
       {"UPDATE failure_log SET data = X'ff'", "UPDATE failure_log SET id = -1",
        "UPDATE failure_log SET id = 0x7fffffffffffffff",
        "UPDATE failure_log SET time = time + 1"}) {
    Fail(0, 1);
    ASSERT_EQ(database_->Execute(damage), absl::OkStatus());
    EXPECT_TRUE(absl::IsDataLoss(log_->Load().status())) << damage;
    ASSERT_EQ(database_->Execute("DELETE FROM failure_log"), absl::OkStatus());
    log_->Doubt();
  }
}

// A row may say that those before it lie anywhere.
TEST_F(FailureLogTest, DamagedTracesEnd) {
  FailureRowWriter writer;
  for (const uint64_t back : {uint64_t{1}, uint64_t{2}, UINT64_MAX}) {
    ASSERT_EQ(database_->Execute("DELETE FROM failure_log"), absl::OkStatus());
    writer.Clear();
    writer.Add(Kept({Numbered(1), kNoon, "mx1", ""}), back);
    std::string packed;
    Pack(writer.data(), packed);
    for (int64_t id = 1; id <= 3; ++id) {
      ASSERT_EQ(database_->Prepare("INSERT INTO failure_log VALUES (?, ?, ?)")
                    .Bind(id)
                    .Bind(writer.newest_us())
                    .Bind(packed)
                    .Run(),
                absl::OkStatus());
    }
    log_->Doubt();
    EXPECT_EQ(log_->Load()->size(), 3);
    EXPECT_EQ(log_->Of(Numbered(1), 10)->size(), back == 2 ? 3 : 1);
  }
}

// Against what a plain list would hold.
TEST_F(FailureLogTest, AgreesWithAList) {
  absl::BitGen random;
  std::vector<StoredFailure> list;
  const auto erase = [&list](const BanKey& key) {
    std::erase_if(list, [&](const auto& one) { return one.key == key; });
  };
  int64_t micros = 0;
  for (int turn = 0; turn < 400; ++turn) {
    StoreChange change;
    for (int i = absl::Uniform(random, 0, 20); i > 0; --i) {
      change.forgotten.push_back(Numbered(absl::Uniform(random, 0, 300)));
      erase(change.forgotten.back());
    }
    for (int i = absl::Uniform(random, 0, 60); i > 0; --i) {
      list.push_back({Numbered(absl::Uniform(random, 0, 300)),
                      kNoon + absl::Microseconds(++micros),
                      absl::StrCat("mx", absl::Uniform(random, 0, 3)),
                      std::string(absl::Uniform(random, 0, 900), 'e'),
                      absl::StrCat("user", micros)});
      change.failures.push_back(Kept(list.back()));
    }
    Apply(change);
    if (turn % 100 == 7) Reopen();
    if (turn % 100 == 50) {
      ASSERT_EQ(TextsOf(*log_->Load()), TextsOf(list));
    }
    const BanKey key = Numbered(absl::Uniform(random, 0, 300));
    std::vector<StoredFailure> expected = list;
    std::erase_if(expected, [&](const auto& one) { return one.key != key; });
    ASSERT_EQ(TextsOf(*log_->Of(key, 1'000)), TextsOf(expected)) << turn;
  }
  EXPECT_EQ(log_->size(), list.size());
}

}  // namespace
}  // namespace mxban
