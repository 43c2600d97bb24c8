#include "coordinator/ban_feed.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_convert.h"
#include "gmock/gmock.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "gtest/gtest.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

std::shared_ptr<const JailSet> Jails(const std::string& name) {
  Jail jail;
  jail.name = name;
  jail.enforcement = {name, {{25, 25}}, Rejection::kTcpReset};
  return std::make_shared<JailSet>(JailSet{{name, jail}});
}

class BanFeedTest : public testing::Test {
 protected:
  BanFeedTest() {
    table_.Load(10, Jails("old"), {});
    feed_ = std::make_unique<BanFeed>(table_, "history");
  }

  static BanTable::Change Imposed(uint32_t number) {
    BanTable::Change change = {BanTable::ChangeKind::kImposed, {}};
    const uint8_t bytes[] = {11, static_cast<uint8_t>(number >> 16),
                             static_cast<uint8_t>(number >> 8),
                             static_cast<uint8_t>(number)};
    change.ban.key = {"jail", IpNetwork::FromBytes(bytes, 32)};
    return change;
  }

  void Impose(uint32_t number) {
    table_.Publish({table_.revision() + 1, kNoon, nullptr, {Imposed(number)}});
  }

  // What the feed calls its history.
  std::string History() {
    BanFeed::Cursor cursor = feed_->Subscribe("", 0, kNoon);
    Read(cursor);
    times_.clear();
    return history_;
  }

  // What a reader is told, in short.
  std::vector<std::string> Read(BanFeed::Cursor& cursor) {
    std::vector<std::string> told;
    while (std::optional<grpc::ByteBuffer> bytes = feed_->Next(cursor)) {
      v1::WatchResponse message;
      EXPECT_TRUE(grpc::SerializationTraits<v1::WatchResponse>::Deserialize(
                      &*bytes, &message)
                      .ok());
      history_ = message.history_id();
      EXPECT_THAT(history_, StartsWith("history/"));
      if (message.has_coordinator_time()) {
        EXPECT_TRUE(told.empty());
        times_.push_back(*TimestampFromProto(message.coordinator_time()));
      }
      if (message.has_jails()) {
        told.push_back(absl::StrCat("jails ", message.jails().jails(0).name()));
      } else if (message.has_snapshot()) {
        told.push_back(absl::StrCat("snapshot of ",
                                    message.snapshot().bans_size(), " at ",
                                    message.revision()));
      } else {
        told.push_back(absl::StrCat("delta of ", message.delta().imposed_size(),
                                    " at ", message.revision()));
      }
    }
    return told;
  }

  BanTable table_;
  std::unique_ptr<BanFeed> feed_;
  std::vector<absl::Time> times_;  // That messages bore.
  std::string history_;            // That the newest bore.
};

TEST_F(BanFeedTest, TheFirstMessageOfEachSubscriptionTellsTheTime) {
  BanFeed::Cursor first = feed_->Subscribe("", 0, kNoon);
  BanFeed::Cursor second =
      feed_->Subscribe(History(), 10, kNoon + absl::Milliseconds(1));
  Read(first);
  Read(second);
  Impose(1);
  Read(first);
  EXPECT_THAT(times_, ElementsAre(kNoon, kNoon + absl::Milliseconds(1)));
}

TEST_F(BanFeedTest, ANewcomerIsToldEverything) {
  BanFeed::Cursor cursor = feed_->Subscribe("", 0, kNoon);
  EXPECT_THAT(Read(cursor),
              ElementsAre("jails old", "jails old", "snapshot of 0 at 10"));
  EXPECT_THAT(Read(cursor), IsEmpty());
}

TEST_F(BanFeedTest, WhoHoldsTheNewestIsToldTheJailsOnly) {
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 10, kNoon);
  EXPECT_THAT(Read(cursor), ElementsAre("jails old"));
}

TEST_F(BanFeedTest, WhoWasAwayIsToldWhatIsNew) {
  Impose(1);
  Impose(2);
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 11, kNoon);
  EXPECT_THAT(Read(cursor), ElementsAre("jails old", "delta of 1 at 12"));
  Impose(3);
  EXPECT_THAT(Read(cursor), ElementsAre("delta of 1 at 13"));
}

TEST_F(BanFeedTest, RevisionsOfAnotherHistoryMeanNothing) {
  Impose(1);
  BanFeed::Cursor cursor = feed_->Subscribe("elsewhere", 10, kNoon);
  EXPECT_THAT(Read(cursor),
              ElementsAre("jails old", "jails old", "snapshot of 1 at 11"));
}

TEST_F(BanFeedTest, AReaderOfAnotherRunGetsASnapshot) {
  const std::string before = History();
  feed_ = std::make_unique<BanFeed>(table_, "history");
  BanFeed::Cursor cursor = feed_->Subscribe(before, table_.revision(), kNoon);
  EXPECT_THAT(Read(cursor),
              ElementsAre("jails old", "jails old", "snapshot of 0 at 10"))
      << "the store may be a backup's";
}

TEST_F(BanFeedTest, ARevisionThatIsNotYetGetsASnapshot) {
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 1'000, kNoon);
  EXPECT_THAT(Read(cursor),
              ElementsAre("jails old", "jails old", "snapshot of 0 at 10"));
}

TEST_F(BanFeedTest, JailsThatChangeComeBeforeTheBansOfTheirRevision) {
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 10, kNoon);
  Read(cursor);
  table_.Publish({11, kNoon, Jails("new"), {}});
  EXPECT_THAT(Read(cursor), ElementsAre("jails new", "delta of 0 at 11"));
}

TEST_F(BanFeedTest, WhoFellBehindWhatIsKeptMissesNoJails) {
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 10, kNoon);
  Read(cursor);
  table_.Publish({11, kNoon, Jails("new"), {}});
  for (uint32_t number = 0; number < 10'001; ++number) Impose(number);
  const std::vector<std::string> told = Read(cursor);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), "jails new");
  EXPECT_EQ(told.back(), "snapshot of 1 at 10012");
}

TEST_F(BanFeedTest, ASnapshotIsEncodedOnceWhileTheUpdatesAfterItAreKept) {
  for (uint32_t number = 0; number < 100; ++number) {
    BanFeed::Cursor cursor = feed_->Subscribe("", 0, kNoon);
    Read(cursor);
    Impose(number);
  }
  EXPECT_EQ(feed_->encoded_snapshots(), 1);
}

TEST_F(BanFeedTest, ALargeUpdateIsSpreadOverMessages) {
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 10, kNoon);
  Read(cursor);
  BanTable::Update update = {11, kNoon, nullptr, {}};
  for (uint32_t number = 0; number < 12'000; ++number) {
    update.changes.push_back(Imposed(number));
  }
  table_.Publish(update);
  EXPECT_THAT(Read(cursor),
              ElementsAre("delta of 5000 at 0", "delta of 5000 at 0",
                          "delta of 2000 at 11"));
}

TEST_F(BanFeedTest, BansThatExpireAreNoNews) {
  Impose(1);
  BanFeed::Cursor cursor = feed_->Subscribe(History(), 11, kNoon);
  Read(cursor);
  BanTable::Change end = Imposed(1);
  end.kind = BanTable::ChangeKind::kExpired;
  table_.Publish({11, kNoon, nullptr, {end}});
  EXPECT_THAT(Read(cursor), IsEmpty());
}

}  // namespace
}  // namespace mxban
