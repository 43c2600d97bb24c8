#include "agent/local_ban_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LocalBanFileTest : public testing::Test {
 protected:
  LocalBanFileTest() { std::filesystem::remove(path_); }

  static Ban SomeBan(const std::string& source) {
    Ban ban;
    ban.key = {"sendmail", IpNetwork::ParseOrDie(source)};
    ban.create_time = absl::FromUnixSeconds(1'795'420'800);
    ban.expire_time = ban.create_time + absl::Hours(8);
    ban.origin = BanOrigin::kLocal;
    ban.failure_count = 3;
    ban.evidence = {"a line"};
    return ban;
  }

  const std::string path_ = testing::TempDir() + "/local_bans";
};

TEST_F(LocalBanFileTest, ReadsWhatWasWritten) {
  const Ban ban = SomeBan("203.0.113.30");
  ASSERT_TRUE(WriteLocalBans(path_, {ban, SomeBan("2001:db8::/64")}).ok());
  const auto bans = ReadLocalBans(path_);
  ASSERT_TRUE(bans.ok()) << bans.status();
  ASSERT_THAT(*bans, SizeIs(2));
  EXPECT_EQ((*bans)[0].key, ban.key);
  EXPECT_EQ((*bans)[0].create_time, ban.create_time);
  EXPECT_EQ((*bans)[0].expire_time, ban.expire_time);
  EXPECT_EQ((*bans)[0].origin, BanOrigin::kLocal);
  EXPECT_EQ((*bans)[0].failure_count, ban.failure_count);
  EXPECT_EQ((*bans)[0].evidence, ban.evidence);
  ASSERT_TRUE(WriteLocalBans(path_, {}).ok());
  EXPECT_THAT(ReadLocalBans(path_).value(), IsEmpty());
}

TEST_F(LocalBanFileTest, NoFileMeansNoBans) {
  EXPECT_THAT(ReadLocalBans(path_).value(), IsEmpty());
}

TEST_F(LocalBanFileTest, NothingIsBelievedOfADamagedFile) {
  ASSERT_TRUE(WriteLocalBans(path_, {SomeBan("203.0.113.30")}).ok());
  const auto size = std::filesystem::file_size(path_);
  for (uintmax_t cut = 1; cut < size; ++cut) {
    std::filesystem::resize_file(path_, size - cut);
    const auto bans = ReadLocalBans(path_);
    if (bans.ok()) {
      EXPECT_THAT(*bans, IsEmpty());
    } else {
      EXPECT_THAT(std::string(bans.status().message()),
                  HasSubstr("is damaged"));
    }
  }
  std::ofstream(path_) << "not a hash\nnot a message";
  EXPECT_EQ(ReadLocalBans(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LocalBanFileTest, WhatCannotBeWrittenIsSaid) {
  const absl::Status written = WriteLocalBans("/nowhere/local_bans", {});
  EXPECT_EQ(written.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(written.message()), HasSubstr("/nowhere/local_bans"));
}

}  // namespace
}  // namespace mxban
