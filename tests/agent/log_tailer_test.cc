#include "agent/log_tailer.h"

#include <sys/capability.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"
#include "tests/agent/log_tailer_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LogTailerTest, DeliversCompleteLinesAsTheyCome) {
  Append("one\ntwo\nthr");
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
  Append("ee\n");
  EXPECT_THAT(Lines(), ElementsAre("three"));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, WaitsForALogThatIsNotThereYet) {
  EXPECT_THAT(Lines(), IsEmpty());
  Append("one\n");
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

// Gives up capabilities while it lives, as far as there are any.
class WithoutCapabilities {
 public:
  explicit WithoutCapabilities(const std::vector<cap_value_t>& capabilities)
      : before_(cap_get_proc(), cap_free) {
    const std::unique_ptr<_cap_struct, int (*)(void*)> fewer(cap_get_proc(),
                                                             cap_free);
    EXPECT_EQ(cap_set_flag(fewer.get(), CAP_EFFECTIVE, capabilities.size(),
                           capabilities.data(), CAP_CLEAR),
              0);
    EXPECT_EQ(cap_set_proc(fewer.get()), 0);
  }
  ~WithoutCapabilities() { EXPECT_EQ(cap_set_proc(before_.get()), 0); }

 private:
  const std::unique_ptr<_cap_struct, int (*)(void*)> before_;
};

// What is logged while it lives.
class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_;
};

TEST_F(LogTailerTest, ALogThatMayNotBeReadIsNamedOnce) {
  Append("one\n");
  std::filesystem::permissions(logs_.log(), std::filesystem::perms::none);
  CapturedLog log;
  {
    // Root may read everything by these.
    WithoutCapabilities without({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH});
    for (int i = 0; i < 3; ++i) EXPECT_THAT(Lines(), IsEmpty());
  }
  EXPECT_THAT(log.text(), HasSubstr(logs_.log() + " cannot be read"));
  EXPECT_EQ(log.text().find("cannot be read"),
            log.text().rfind("cannot be read"));
  std::filesystem::permissions(logs_.log(), std::filesystem::perms::all);
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, OffsetsAreThoseOfTheNextLine) {
  Append("one\n\ntwo\n");
  std::vector<uint64_t> offsets;
  tailer_->Poll([&](const LogLine& line) {
    offsets.insert(offsets.end(), {line.begin, line.end});
    return true;
  });
  EXPECT_THAT(offsets, ElementsAre(0, 4, 4, 5, 5, 9));
  EXPECT_EQ(tailer_->offset(), 9);
}

TEST_F(LogTailerTest, GoesOnWhereItsPredecessorStopped) {
  Append("one\ntwo\n");
  Lines();
  Append("three\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("three"));
}

TEST_F(LogTailerTest, ReadsARenamedLogToItsEndFirst) {
  Append("one\n");
  Lines();
  logs_.Rename();
  logs_.AppendTo(logs_.Rotated(1), "two\n");
  EXPECT_THAT(Lines(), ElementsAre("two")) << "before the new one is there";
  logs_.AppendTo(logs_.Rotated(1), "three\n");
  Append("four\n");
  EXPECT_THAT(Lines(), ElementsAre("three", "four"));
}

TEST_F(LogTailerTest, StaysWithTheOldLogWhileTheNewOneIsEmpty) {
  Append("one\n");
  Lines();
  logs_.Rename();
  Append("");  // logrotate's `create`; the writer still holds the old one.
  EXPECT_THAT(Lines(), IsEmpty());
  logs_.AppendTo(logs_.Rotated(1), "two\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, ARenamedLogKeepsItsName) {
  Append("one\n");
  Lines();
  const std::string log_id = tailer_->log_id();
  logs_.Rename();
  PositionGuide guide;
  LogTailer rotated(logs_.Rotated(1), guide);
  rotated.Poll([](const LogLine&) { return true; });
  EXPECT_EQ(rotated.log_id(), log_id);
}

TEST_F(LogTailerTest, ATruncatedLogBeginsAgainUnderAnotherName) {
  Append("one\ntwo\n");
  Lines();
  const std::string log_id = tailer_->log_id();
  logs_.Truncate();
  EXPECT_THAT(Lines(), IsEmpty());
  Append("new\n");
  EXPECT_THAT(Lines(), ElementsAre("new"));
  EXPECT_NE(tailer_->log_id(), log_id);
}

TEST_F(LogTailerTest, NoticesATruncationThatHasBeenOvergrown) {
  Append("one\ntwo\n");
  Lines();
  logs_.Truncate();
  Append("a first line that is longer than all there was\nsecond\n");
  EXPECT_THAT(
      Lines(),
      ElementsAre("a first line that is longer than all there was", "second"));
}

TEST_F(LogTailerTest, ARefusedLineComesAgain) {
  Append("one\ntwo\nthree\n");
  int offered = 0;
  EXPECT_FALSE(tailer_->Poll([&](const LogLine&) { return ++offered < 2; }));
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
}

TEST_F(LogTailerTest, OverlongLinesArePassedOverAndCounted) {
  Append("one\n" + std::string(3 * LogTailer::kMaxLineBytes, 'x'));
  EXPECT_THAT(Lines(), ElementsAre("one"));
  Append(std::string(300'000, 'x') + "\ntwo\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
  EXPECT_EQ(tailer_->overlong_lines(), 1);
}

TEST_F(LogTailerTest, TheLongestLineIsDelivered) {
  const std::string longest(LogTailer::kMaxLineBytes, 'x');
  Append(longest + "\n" + longest + "x\n");
  EXPECT_THAT(Lines(), ElementsAre(longest));
  EXPECT_EQ(tailer_->overlong_lines(), 1);
}

TEST_F(LogTailerTest, BytesAreDeliveredAsTheyAre) {
  const std::string bytes("\0\xff\x1b[2J\r", 7);
  Append(bytes + "\n");
  EXPECT_THAT(Lines(), ElementsAre(bytes));
}

TEST_F(LogTailerTest, ADirectoryIsNoLog) {
  std::filesystem::create_directories(logs_.log());
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, APositionBehindTheEndIsNotBelieved) {
  Append("one\n");
  Lines();
  guide_.positions_[tailer_->log_id()] = 1'000'000;
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, ALogIsFoundEvenIfAnEarlierOneIsNotReadYet) {
  Append("one\ntwo\n");
  logs_.Rename();
  Append("three\n");
  logs_.Rename();
  Append("four\n");
  Lines();
  guide_.positions_[std::get<0>(deliveries_.front())] = 4;
  Reopen();
  EXPECT_THAT(Lines(0), IsEmpty());
  EXPECT_EQ(tailer_->logs_found().size(), 3);
}

TEST_F(LogTailerTest, BeginsAgainInRotatedLogsToo) {
  Append("one\ntwo\n");
  logs_.Rename();
  Append("three\n");
  Lines();
  guide_.positions_[std::get<0>(deliveries_.front())] = 4;
  tailer_->Restart();
  EXPECT_THAT(Lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, ATruncatedLogOfTheVerySameSizeIsNoticed) {
  Append("one\ntwo\n");
  Lines();
  logs_.Truncate();
  Append("abc\ndef\n");
  EXPECT_THAT(Lines(), ElementsAre("abc", "def"));
}

}  // namespace
}  // namespace mxban
