#include "agent/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/agent/log_directory.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

class LogFileTest : public testing::Test {
 protected:
  // What is read in one go.
  static std::string Read(LogFile& log, uint64_t offset, size_t size = 100) {
    std::string text(size, '\0');
    text.resize(log.ReadAt(offset, text.data(), size));
    return text;
  }

  FakeClock clock_;
  LogDirectory logs_{clock_};
};

TEST_F(LogFileTest, ReadsAnywhereAndSeesWhatIsAdded) {
  logs_.Append("one\ntwo\n");
  const auto log = LogFile::Open(logs_.log());
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(Read(*log, 4), "two\n");
  EXPECT_EQ(Read(*log, 0, 3), "one");
  EXPECT_EQ(Read(*log, 8), "");
  EXPECT_EQ(Read(*log, 1000), "");
  EXPECT_EQ(log->size(), 8);
  logs_.Append("three\n");
  EXPECT_EQ(Read(*log, 8), "three\n");
  EXPECT_EQ(log->size(), 14);
}

TEST_F(LogFileTest, ACompressedLogReadsAsItWas) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  logs_.Append(text);
  const LogIdentity plain = LogFile::Open(logs_.log())->identity();
  logs_.Rename();
  logs_.Compress(1);
  const auto log = LogFile::Open(logs_.Compressed(1));
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->identity().first_line, plain.first_line);
  EXPECT_FALSE(log->size().has_value()) << "only reading tells";
  for (const size_t offset : {0ul, 300'000ul, 5ul, 299'999ul, 2ul}) {
    EXPECT_EQ(Read(*log, offset, 1000), text.substr(offset, 1000));
  }
  EXPECT_EQ(Read(*log, text.size() - 3), text.substr(text.size() - 3));
  EXPECT_EQ(Read(*log, text.size()), "");
  EXPECT_EQ(Read(*log, text.size() + 1000), "");
  EXPECT_EQ(Read(*log, 0, 4), text.substr(0, 4)) << "back from beyond the end";
}

TEST_F(LogFileTest, WhatHasNoWholeLineIsNoLog) {
  EXPECT_EQ(LogFile::Open(logs_.log()), nullptr) << "absent";
  logs_.Append("");
  EXPECT_EQ(LogFile::Open(logs_.log()), nullptr) << "empty";
  logs_.Append("on");
  EXPECT_EQ(LogFile::Open(logs_.log()), nullptr);
  logs_.Append("e\n");
  EXPECT_NE(LogFile::Open(logs_.log()), nullptr);
}

TEST_F(LogFileTest, WhatIsNoRegularFileIsNoLog) {
  std::filesystem::create_directories(logs_.log());
  EXPECT_EQ(LogFile::Open(logs_.log()), nullptr);
  const std::string pipe = logs_.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(LogFile::Open(pipe), nullptr) << "and it does not wait for it";
  EXPECT_EQ(LogFile::Open("/dev/null"), nullptr);
}

TEST_F(LogFileTest, AnEndlessFirstLineNamesALogByItsBegin) {
  logs_.Append(std::string(5000, 'x'));
  const auto log = LogFile::Open(logs_.log());
  ASSERT_NE(log, nullptr);
  logs_.Append(std::string(5000, 'y') + "\n");
  EXPECT_TRUE(
      LogFile::Open(logs_.log())->identity().IsSameFile(log->identity()));
}

TEST_F(LogFileTest, TheFirstLineNamesALogWhateverFollows) {
  logs_.Append("one\n");
  const LogIdentity before = LogFile::Open(logs_.log())->identity();
  logs_.Append("two\n");
  EXPECT_TRUE(LogFile::Open(logs_.log())->identity().IsSameFile(before));
  EXPECT_EQ(before.generation, 0);
  logs_.Truncate();
  logs_.Append("other\n");
  const LogIdentity after = LogFile::Open(logs_.log())->identity();
  EXPECT_EQ(after.inode, before.inode);
  EXPECT_NE(after.first_line, before.first_line);
}

TEST_F(LogFileTest, KnowsWhetherAPathLeadsToIt) {
  logs_.Append("one\n");
  const auto log = LogFile::Open(logs_.log());
  EXPECT_TRUE(log->IsAt(logs_.log()));
  logs_.Rename();
  EXPECT_FALSE(log->IsAt(logs_.log()));
  EXPECT_TRUE(log->IsAt(logs_.Rotated(1)));
  logs_.Append("one\n");
  EXPECT_FALSE(log->IsAt(logs_.log()));
}

TEST_F(LogFileTest, ADamagedLogEndsWhereItCannotBeRead) {
  logs_.AppendTo(logs_.Compressed(1), "\x1f\x8b\x08 nothing of the kind\n");
  EXPECT_EQ(LogFile::Open(logs_.Compressed(1)), nullptr);
  logs_.Append("one\n" + std::string(1000, 'x') + "\n");
  logs_.Rename();
  logs_.Compress(1);
  std::filesystem::resize_file(logs_.Compressed(1), 25);
  const auto log = LogFile::Open(logs_.Compressed(1));
  if (log != nullptr) {
    EXPECT_LT(Read(*log, 0, 2000).size(), 1005);
  }
}

}  // namespace
}  // namespace mxban
