// What a decision loop keeps when more sources fail than it has room for, and
// when a jail wants several servers to have seen one.

#include <vector>

#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

constexpr uint32_t kRoom = 1000;  // Of the loop.

IpNetwork Numbered(uint32_t number) {
  const uint8_t bytes[] = {10, static_cast<uint8_t>(number >> 16),
                           static_cast<uint8_t>(number >> 8),
                           static_cast<uint8_t>(number)};
  return IpNetwork::FromBytes(bytes, 32);
}

class DecisionRoomTest : public DecisionLoopTest {
 protected:
  // One failure each of `count` sources from number `first` on.
  void ReportMany(const char* server, uint32_t first, uint32_t count) {
    for (const uint32_t end = first + count; first < end;) {
      FailureBatch batch = {"jail", "log", {}};
      for (; first < end && batch.failures.size() < kMaxFailuresPerBatch;
           ++first) {
        batch.failures.push_back(
            {Numbered(first), clock_.TimeNow(), ++next_offset_, "seen"});
      }
      loop_->ReportFailures(ReportOf(server, batch),
                            [](const absl::StatusOr<uint64_t>&) {});
    }
    loop_->RunTurn();
  }

  bool IsBanned(uint32_t number) const {
    return table_->Find({"jail", Numbered(number)}).has_value();
  }
};

TEST_F(DecisionRoomTest, TheStoreHoldsNoMoreThanTheCounter) {
  ReportMany("mx1", 0, 5 * kRoom);
  EXPECT_EQ(store_->Load()->failures.size(), kRoom);
  ReportMany("mx1", 5 * kRoom, kRoom);
  const std::vector<StoredFailure> stored = store_->Load()->failures;
  EXPECT_EQ(stored.size(), kRoom);
  for (const StoredFailure& failure : stored) {
    EXPECT_GE(failure.key.source, Numbered(5 * kRoom));
  }
  EXPECT_EQ(loop_->statistics().evicted_sources, 5 * kRoom);
}

TEST_F(DecisionRoomTest, ARestartCountsTheSame) {
  ReportMany("mx1", 0, 2);
  ReportMany("mx1", 0, 2);
  ReportMany("mx2", 100'000, 2 * kRoom);
  Restart();
  ReportMany("mx1", 0, 1);
  EXPECT_TRUE(IsBanned(0)) << "another's flood has not displaced it";
  ReportMany("mx2", 100'000, 1);
  ReportMany("mx2", 100'000, 1);
  EXPECT_FALSE(IsBanned(100'000)) << "its first failure was displaced";
}

TEST_F(DecisionRoomTest, ABanTakesTheServersThatTheJailAsksFor) {
  JailSet jails = *Jails(3);
  jails.at("jail").min_servers = 2;
  Replace(std::make_shared<JailSet>(jails));
  for (int i = 0; i < 50; ++i) ReportMany("mx1", 7, 1);
  EXPECT_FALSE(IsBanned(7));
  ReportMany("mx2", 7, 1);
  EXPECT_TRUE(IsBanned(7));
}

// One that is never banned, for only one server says so.
TEST_F(DecisionRoomTest, TheStoreHoldsNoMoreOfOneSourceThanMatters) {
  JailSet jails = *Jails(3);
  jails.at("jail").min_servers = 2;
  Replace(std::make_shared<JailSet>(jails));
  for (int i = 0; i < 100; ++i) ReportMany("mx1", 9, 1);
  EXPECT_LE(store_->FailuresOf({"jail", Numbered(9)}, 1'000)->size(), 2 * 6);
  ReportMany("mx2", 9, 1);
  EXPECT_TRUE(IsBanned(9));
}

TEST_F(DecisionRoomTest, TheNewestOfEachServerStaysStored) {
  JailSet jails = *Jails(3);
  jails.at("jail").min_servers = 3;
  Replace(std::make_shared<JailSet>(jails));
  for (const char* server : {"mx1", "mx2"}) ReportMany(server, 7, 1);
  clock_.Advance(absl::Seconds(1));
  for (int i = 0; i < 100; ++i) ReportMany("mx1", 7, 1);
  Restart();
  Replace(std::make_shared<JailSet>(jails));
  ReportMany("mx3", 7, 1);
  EXPECT_TRUE(IsBanned(7));
}

// In this jail they count for ten minutes; another keeps its for a week.
TEST_F(DecisionRoomTest, WhatIsStaleInItsJailIsForgotten) {
  JailSet jails = *Jails(3);
  Jail slow = jails.at("jail");
  slow.name = "slow";
  slow.find_time = absl::Hours(24 * 7);
  jails["slow"] = slow;
  Replace(std::make_shared<JailSet>(jails));
  ReportMany("mx1", 0, kRoom);
  EXPECT_EQ(store_->Load()->failures.size(), kRoom);
  Wait(absl::Minutes(21));
  EXPECT_EQ(store_->Load()->failures.size(), 0);
}

TEST_F(DecisionRoomTest, AFullDiskDisplacesNobody) {
  ReportMany("mx1", 0, 1);
  ReportMany("mx1", 0, 1);
  store_->is_full_ = true;
  ReportMany("mx1", 100'000, 2 * kRoom);
  store_->is_full_ = false;
  ReportMany("mx1", 0, 1);
  EXPECT_TRUE(IsBanned(0));
}

}  // namespace
}  // namespace mxban
