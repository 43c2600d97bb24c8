#include "agent/update_journal.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/time_convert.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::WatchResponse JailsOf(const std::string& name) {
  v1::WatchResponse update;
  update.mutable_jails()->add_jails()->set_name(name);
  return update;
}

v1::StandingBan BanOf(const std::string& source,
                      absl::Time end = absl::InfiniteFuture()) {
  v1::StandingBan ban;
  ban.set_jail("smtp");
  ban.set_source(source);
  if (end != absl::InfiniteFuture()) {
    *ban.mutable_expire_time() = TimestampToProto(end);
  }
  return ban;
}

v1::WatchResponse Snapshot(const std::vector<std::string>& sources,
                           uint64_t revision, bool first = true,
                           bool last = true) {
  v1::WatchResponse update;
  update.set_history_id("history");
  update.set_revision(last ? revision : 0);
  update.mutable_snapshot()->set_first(first);
  update.mutable_snapshot()->set_last(last);
  for (const std::string& source : sources) {
    *update.mutable_snapshot()->add_bans() = BanOf(source);
  }
  return update;
}

v1::WatchResponse Imposed(const std::string& source, uint64_t revision,
                          absl::Time end = absl::InfiniteFuture()) {
  v1::WatchResponse update;
  update.set_history_id("history");
  update.set_revision(revision);
  *update.mutable_delta()->add_imposed() = BanOf(source, end);
  return update;
}

v1::WatchResponse Lifted(const std::string& source, uint64_t revision) {
  v1::WatchResponse update;
  update.set_history_id("history");
  update.set_revision(revision);
  update.mutable_delta()->add_lifted()->set_jail("smtp");
  update.mutable_delta()->mutable_lifted(0)->set_source(source);
  return update;
}

// What an agent makes of the updates that are handed to it.
struct Held {
  std::set<std::string> bans;
  std::vector<std::string> jails;
  uint64_t revision = 0;
  absl::Status status;
};

class UpdateJournalTest : public testing::Test {
 protected:
  UpdateJournalTest() {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".new");
  }

  void Append(UpdateJournal& journal,
              const std::vector<v1::WatchResponse>& updates) {
    for (const v1::WatchResponse& update : updates) {
      ASSERT_TRUE(journal.Append(update, kNow).ok());
    }
  }

  // As after a restart.
  Held Restart() {
    UpdateJournal journal(path_);
    return Replay(journal);
  }

  static Held Replay(UpdateJournal& journal) {
    Held held;
    held.status = journal.Replay([&](const v1::WatchResponse& update) {
      if (update.has_jails()) held.jails = {update.jails().jails(0).name()};
      if (update.has_snapshot() && update.snapshot().first()) {
        held.bans.clear();
      }
      for (const auto& ban : update.snapshot().bans()) {
        held.bans.insert(ban.source());
      }
      for (const auto& ban : update.delta().lifted()) {
        held.bans.erase(ban.source());
      }
      for (const auto& ban : update.delta().imposed()) {
        held.bans.insert(ban.source());
      }
      if (update.revision() != 0) held.revision = update.revision();
      return absl::OkStatus();
    });
    return held;
  }

  std::string Contents() const {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void Store(const std::string& contents) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << contents;
  }

  const std::string path_ = testing::TempDir() + "/bans";
};

TEST_F(UpdateJournalTest, WithoutAFileThereIsNothing) {
  const Held held = Restart();
  EXPECT_TRUE(held.status.ok());
  EXPECT_EQ(held.revision, 0);
}

TEST_F(UpdateJournalTest, WhatWasSaidComesBack) {
  UpdateJournal journal(path_);
  Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1", "192.0.2.2"}, 5),
                   Imposed("192.0.2.3", 6), Lifted("192.0.2.1", 7)});
  const Held held = Restart();
  EXPECT_THAT(held.jails, ElementsAre("smtp"));
  EXPECT_THAT(held.bans, UnorderedElementsAre("192.0.2.2", "192.0.2.3"));
  EXPECT_EQ(held.revision, 7);
}

TEST_F(UpdateJournalTest, GoesOnAfterARestart) {
  {
    UpdateJournal journal(path_);
    Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 5)});
  }
  {
    UpdateJournal journal(path_);
    (void)Replay(journal);
    Append(journal, {JailsOf("smtp"), Imposed("192.0.2.2", 6)});
  }
  const Held held = Restart();
  EXPECT_THAT(held.bans, UnorderedElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(held.revision, 6);
}

TEST_F(UpdateJournalTest, ANewSetReplacesTheOldOnlyWhenItIsComplete) {
  UpdateJournal journal(path_);
  Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 5),
                   Snapshot({"192.0.2.7"}, 9, true, false)});
  EXPECT_THAT(Restart().bans, ElementsAre("192.0.2.1"));
  Append(journal, {Snapshot({"192.0.2.8"}, 9, false, true)});
  const Held held = Restart();
  EXPECT_THAT(held.bans, ElementsAre("192.0.2.7", "192.0.2.8"));
  EXPECT_THAT(held.jails, ElementsAre("smtp")) << "these come along";
  EXPECT_EQ(held.revision, 9);
}

TEST_F(UpdateJournalTest, TornOffAnywhereItHoldsWhatWasWhole) {
  {
    UpdateJournal journal(path_);
    Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 5)});
  }
  const std::string whole = Contents();
  {
    UpdateJournal journal(path_);
    (void)Replay(journal);
    Append(journal, {Imposed("192.0.2.2", 6)});
  }
  const std::string longer = Contents();
  for (size_t size = whole.size(); size < longer.size(); ++size) {
    Store(longer.substr(0, size));
    const Held held = Restart();
    EXPECT_TRUE(held.status.ok()) << size;
    EXPECT_THAT(held.bans, ElementsAre("192.0.2.1")) << size;
    EXPECT_EQ(Contents(), whole) << "the torn end is cut off";
  }
}

TEST_F(UpdateJournalTest, WhatIsDamagedIsNotBelieved) {
  {
    UpdateJournal journal(path_);
    Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 5),
                     Imposed("192.0.2.2", 6)});
  }
  std::string damaged = Contents();
  damaged[damaged.rfind("192.0.2.2") + 8] = '9';
  Store(damaged);
  const Held held = Restart();
  EXPECT_TRUE(absl::IsDataLoss(held.status));
  EXPECT_THAT(held.bans, ElementsAre("192.0.2.1"));
}

TEST_F(UpdateJournalTest, WhatTheAgentDoesNotUnderstandIsGivenUp) {
  {
    UpdateJournal journal(path_);
    Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 5)});
  }
  UpdateJournal journal(path_);
  EXPECT_TRUE(
      absl::IsInvalidArgument(journal.Replay([](const v1::WatchResponse&) {
        return absl::InvalidArgumentError("no such jail");
      })));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UpdateJournalTest, ThatWhichHasDoubledIsWrittenAnewWithoutWhatIsOver) {
  UpdateJournal journal(path_, /*small=*/2000);
  Append(journal, {JailsOf("smtp"), Snapshot({"192.0.2.1"}, 1)});
  size_t largest = 0;
  for (uint64_t i = 2; i < 2000; ++i) {
    // Each is over as soon as the next comes, but for every hundredth.
    Append(journal, {Imposed(absl::StrCat("10.0.", i / 250, ".", i % 250), i,
                             i % 100 == 0 ? absl::InfiniteFuture() : kNow)});
    largest = std::max<size_t>(largest, std::filesystem::file_size(path_));
  }
  EXPECT_LT(largest, 4000) << "bounded by what stands";
  const Held held = Restart();
  EXPECT_EQ(held.revision, 1999);
  EXPECT_TRUE(held.bans.contains("192.0.2.1"));
  EXPECT_TRUE(held.bans.contains("10.0.7.150")) << "the 1900th";
  EXPECT_FALSE(held.bans.contains("10.0.0.2"));
  EXPECT_THAT(held.jails, ElementsAre("smtp"));
}

TEST_F(UpdateJournalTest, ADeltaBeforeAnySetIsNothingToKeep) {
  UpdateJournal journal(path_);
  Append(journal, {JailsOf("smtp"), Imposed("192.0.2.1", 4)});
  EXPECT_THAT(Restart().bans, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UpdateJournalTest, WhatCannotBeWrittenIsSaid) {
  UpdateJournal journal("/nowhere/bans");
  EXPECT_TRUE(
      absl::IsUnavailable(journal.Append(Snapshot({"192.0.2.1"}, 5), kNow)));
}

}  // namespace
}  // namespace mxban
