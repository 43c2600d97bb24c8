// On real files and pipes.

#include "agent/log_news.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/test_directory.h"

namespace mxban {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

class LogNewsTest : public testing::Test {
 protected:
  bool IsNews() { return news_.Wait({}, absl::ZeroDuration()); }

  void Append(const std::string& path) {
    std::ofstream(path, std::ios::app) << "line\n";
  }

  const std::string path_ = MakeTestDirectory() + "/log";
  LogNews news_;
  LogNews::Watch watch_;
};

TEST_F(LogNewsTest, SleepsWhileThereIsNone) {
  ASSERT_TRUE(news_.status().ok());
  EXPECT_FALSE(IsNews());
}

TEST_F(LogNewsTest, IsWoken) {
  news_.Wake();
  EXPECT_TRUE(news_.Wait({}, kPatience));
  EXPECT_FALSE(IsNews());
}

TEST_F(LogNewsTest, AFileMayComeLater) {
  EXPECT_FALSE(news_.WatchFile(path_, -1, "", watch_));
  EXPECT_FALSE(IsNews());
  std::ofstream{path_};
  EXPECT_TRUE(news_.Wait({}, kPatience));
  EXPECT_TRUE(news_.WatchFile(path_, -1, "", watch_))
      << "its line may be there";
  EXPECT_FALSE(news_.WatchFile(path_, -1, "", watch_));
  Append(path_);
  EXPECT_TRUE(news_.Wait({}, kPatience));
}

TEST_F(LogNewsTest, AnOpenFileIsWatchedUnderAnyName) {
  Append(path_);
  const int fd = open(path_.c_str(), O_RDONLY);
  EXPECT_TRUE(news_.WatchFile(path_, fd, "a", watch_));
  EXPECT_FALSE(news_.WatchFile(path_, fd, "a", watch_));
  std::filesystem::rename(path_, path_ + ".1");
  IsNews();
  Append(path_ + ".1");
  EXPECT_TRUE(news_.Wait({}, kPatience));
  // So is the one that has its name, and alone once it is open.
  std::ofstream{path_};
  EXPECT_TRUE(news_.WatchFile(path_, fd, "a", watch_));
  IsNews();
  Append(path_);
  EXPECT_TRUE(news_.Wait({}, kPatience));
  const int next = open(path_.c_str(), O_RDONLY);
  EXPECT_TRUE(news_.WatchFile(path_, next, "b", watch_));
  IsNews();
  Append(path_ + ".1");
  EXPECT_FALSE(IsNews());
  Append(path_);
  EXPECT_TRUE(news_.Wait({}, kPatience));
  close(fd);
  close(next);
}

TEST_F(LogNewsTest, APipeTellsOfItself) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(news_.Wait({ends[0]}, absl::ZeroDuration()));
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(news_.Wait({ends[0]}, kPatience));
  EXPECT_TRUE(news_.Wait({ends[0]}, kPatience)) << "until it is read";
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace mxban
