// On real pipes.

#include "agent/input_tailer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FakeGuide final : public LineSource::Guide {
 public:
  absl::Time Oldest() const override { return absl::InfinitePast(); }
  std::vector<std::string> KnownLogs() const override { return {}; }
  uint64_t PositionIn(const std::string&) const override { return 0; }
  void TurnTo(const std::string& log_id) override { turns.push_back(log_id); }

  std::vector<std::string> turns;
};

class InputTailerTest : public testing::Test {
 protected:
  InputTailerTest() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    input_ = ends[0];
    writer_ = ends[1];
  }
  ~InputTailerTest() override {
    close(input_);
    CloseWriter();
  }

  void Write(const std::string& text) {
    ASSERT_EQ(write(writer_, text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }

  std::vector<std::string> Read(InputTailer& tailer, size_t room = 1'000'000) {
    std::vector<std::string> lines;
    tailer.Poll([&](const LogLine& line) {
      if (lines.size() == room) return false;
      EXPECT_FALSE(line.time.has_value());
      lines.push_back(std::string(line.text));
      return true;
    });
    return lines;
  }

  FakeGuide guide_;
  int input_ = -1;
  int writer_ = -1;
};

TEST_F(InputTailerTest, LinesComeAsTheyAreWritten) {
  InputTailer tailer(input_, guide_);
  EXPECT_THAT(Read(tailer), IsEmpty()) << "and nothing waits";
  Write("a\nb");
  EXPECT_THAT(Read(tailer), ElementsAre("a"));
  EXPECT_EQ(tailer.fd(), input_);
  Write("c\n");
  EXPECT_THAT(Read(tailer, 0), IsEmpty());
  EXPECT_THAT(Read(tailer), ElementsAre("bc"));
}

TEST_F(InputTailerTest, NothingIsReadAgain) {
  InputTailer tailer(input_, guide_);
  Write("a\nb\n");
  EXPECT_THAT(Read(tailer, 1), ElementsAre("a"));
  tailer.Restart();
  EXPECT_THAT(Read(tailer), ElementsAre("b"));
  EXPECT_THAT(guide_.turns, ElementsAre(tailer.log_id(), tailer.log_id()));
  EXPECT_FALSE(tailer.can_read_again());
}

TEST_F(InputTailerTest, AfterTheEndThereIsNothing) {
  InputTailer tailer(input_, guide_);
  Write("a\nhalf a line");
  CloseWriter();
  EXPECT_THAT(Read(tailer), ElementsAre("a"));
  EXPECT_EQ(tailer.fd(), -1);
  EXPECT_THAT(Read(tailer), IsEmpty());
}

TEST_F(InputTailerTest, APipeIsNoFileThatIsKnownAgain) {
  InputTailer one(input_, guide_);
  InputTailer other(input_, guide_);
  EXPECT_TRUE(absl::StartsWith(one.log_id(), "input:"));
  EXPECT_NE(one.log_id(), other.log_id());
}

TEST_F(InputTailerTest, FlagsOfOthersAreLeftAsTheyAre) {
  InputTailer tailer(input_, guide_);
  Read(tailer);
  EXPECT_EQ(fcntl(input_, F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(InputTailerTest, OthersHaveTheirTurn) {
  const int endless = open("/dev/zero", O_RDONLY);
  InputTailer tailer(endless, guide_);
  EXPECT_THAT(Read(tailer), IsEmpty());
  EXPECT_EQ(tailer.fd(), endless);
  close(endless);
}

TEST_F(InputTailerTest, WhatCannotBeReadHasEnded) {
  InputTailer tailer(writer_, guide_);
  EXPECT_THAT(Read(tailer), IsEmpty());
  CloseWriter();
  InputTailer closed(writer_, guide_);
  EXPECT_THAT(Read(closed), IsEmpty());
  EXPECT_EQ(closed.fd(), -1);
}

}  // namespace
}  // namespace mxban
