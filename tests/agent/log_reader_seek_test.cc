// Where a reader begins in a log that it does not know, and how much it reads.

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/log_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"

namespace mxban {
namespace {

using testing::IsEmpty;

constexpr int kLines = 40'000;  // Of about 110 bytes.

class LogReaderSeekTest : public LogReaderTest {
 protected:
  LogReaderSeekTest() { SetCapacity(2 * kLines); }

  // Failures of addresses that tell their age in steps, the oldest first.
  std::string Lines(absl::Duration step) {
    std::string lines;
    for (int i = kLines; i > 0; --i) {
      lines += Attack(absl::StrFormat("2001:db8::%x", i), (i - 1) * step);
    }
    return lines;
  }
};

TEST_F(LogReaderSeekTest, BeginsALittleBeforeWhatCanCount) {
  Append(Lines(absl::Seconds(10)));  // More than four days.
  WatchAttacks();
  const std::vector<std::string> reported = Reported();
  ASSERT_EQ(reported.size(), 60);
  EXPECT_EQ(reported.front(), "sendmail 2001:db8::3c");
  EXPECT_EQ(reported.back(), "sendmail 2001:db8::1");
  EXPECT_LT(reader_->statistics().lines, 2'000);
}

TEST_F(LogReaderSeekTest, TheJailThatLooksBackFurthestDecides) {
  Append(Lines(absl::Seconds(10)));
  Jail patient = AttackJail("patient");
  patient.find_time = absl::Hours(10);
  reader_->SetJails({AttackJail("hasty"), patient});
  EXPECT_EQ(Reported().size(), 60 + 3'600);
  EXPECT_LT(reader_->statistics().lines, 6'000);
}

TEST_F(LogReaderSeekTest, OfALogThatIsOldLittleIsRead) {
  std::string lines = Lines(absl::Seconds(10));
  clock_.Advance(absl::Hours(1));
  Append(lines);
  WatchAttacks();
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_LT(reader_->statistics().lines, 2'000);
}

TEST_F(LogReaderSeekTest, OfALogThatIsRecentAllIsRead) {
  Append(Lines(absl::Milliseconds(10)));
  WatchAttacks();
  EXPECT_EQ(Reported().size(), kLines);
}

TEST_F(LogReaderSeekTest, WithoutStampsAllIsRead) {
  std::string lines;
  for (int i = 0; i < kLines; ++i) {
    lines +=
        "[203.0.113.1]: possible SMTP attack" + std::string(70, '!') + "\n";
  }
  Append(lines);
  WatchAttacks();
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_EQ(reader_->statistics().lines, kLines);
  EXPECT_EQ(reader_->statistics().without_time, kLines);
}

TEST_F(LogReaderSeekTest, WhereTheFilterKnowsNoStampAllIsRead) {
  Append(Lines(absl::Seconds(10)));
  Jail jail = AttackJail();
  jail.filter.date_patterns = {"^EPOCH"};
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_EQ(reader_->statistics().lines, kLines);
}

TEST_F(LogReaderSeekTest, ALogOfWhichMuchIsNewIsSoughtFromItsPosition) {
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  Reported();
  AcknowledgeAll();
  reader_->Poll();
  clock_.Advance(absl::Hours(120));
  Append(Lines(absl::Seconds(10)));
  RestartAll({AttackJail()});
  EXPECT_EQ(Reported().size(), 60);
  EXPECT_LT(reader_->statistics().lines, 2'000);
}

TEST_F(LogReaderSeekTest, ARotatedLogIsSoughtLikeAnother) {
  Append(Lines(absl::Seconds(10)));
  logs_.Rename();
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  EXPECT_EQ(Reported().size(), 61);
  EXPECT_LT(reader_->statistics().lines, 2'000);
}

}  // namespace
}  // namespace mxban
