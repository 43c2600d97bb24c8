#include "ctl/progress_bar.h"

#include <sstream>

#include "ctl/color.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban::ctl {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kMegabyte = 1'000'000;

class ProgressBarTest : public testing::Test {
 protected:
  // What was drawn since the last call.
  std::string Drawn() {
    std::string drawn = out_.str();
    out_.str("");
    return drawn;
  }

  FakeClock clock_;
  std::ostringstream out_;
};

TEST_F(ProgressBarTest, TellsHowFarHowFastAndHowLong) {
  ProgressBar bar({.is_terminal = true, .columns = 80}, 4 * kMegabyte, out_,
                  clock_);
  clock_.Advance(absl::Seconds(2));
  bar.Advance(kMegabyte);
  EXPECT_EQ(Drawn(),
            "\r\033[K[=======                       ]  25%  1.0 MB of 4.0 MB, "
            "0.5 MB/s, 6s left");
}

TEST_F(ProgressBarTest, WithoutATerminalThereIsNone) {
  ProgressBar bar({}, kMegabyte, out_, clock_);
  clock_.Advance(absl::Seconds(2));
  bar.Advance(kMegabyte / 2);
  EXPECT_EQ(Drawn(), "");
}

TEST_F(ProgressBarTest, ShortWorkLeavesNoTrace) {
  {
    ProgressBar bar({.is_terminal = true}, kMegabyte, out_, clock_);
    clock_.Advance(ProgressBar::kPatience - absl::Milliseconds(1));
    bar.Advance(kMegabyte);
  }
  EXPECT_EQ(Drawn(), "");
}

TEST_F(ProgressBarTest, IsDrawnTenTimesASecondAtMost) {
  ProgressBar bar({.is_terminal = true}, 9 * kMegabyte, out_, clock_);
  clock_.Advance(absl::Seconds(1));
  bar.Advance(kMegabyte);
  EXPECT_THAT(Drawn(), HasSubstr("11%"));
  clock_.Advance(absl::Milliseconds(99));
  bar.Advance(kMegabyte);
  EXPECT_EQ(Drawn(), "");
  clock_.Advance(absl::Milliseconds(1));
  bar.Advance(kMegabyte);
  EXPECT_THAT(Drawn(), HasSubstr("33%"));
}

TEST_F(ProgressBarTest, IsTakenAwayAtTheEnd) {
  {
    ProgressBar bar({.is_terminal = true}, kMegabyte, out_, clock_);
    clock_.Advance(absl::Seconds(1));
    bar.Advance(kMegabyte);
  }
  EXPECT_THAT(Drawn(), EndsWith("\r\033[K"));
}

TEST_F(ProgressBarTest, ColorIsForThoseWhoWantIt) {
  ProgressBar plain({.is_terminal = true}, kMegabyte, out_, clock_);
  clock_.Advance(absl::Seconds(1));
  plain.Advance(kMegabyte);
  EXPECT_THAT(Drawn(), Not(HasSubstr("\033[32m")));
  UseColor(out_);
  ProgressBar colored({.is_terminal = true}, kMegabyte, out_, clock_);
  clock_.Advance(absl::Seconds(1));
  colored.Advance(kMegabyte);
  EXPECT_THAT(Drawn(), HasSubstr("\033[32m"));
}

TEST_F(ProgressBarTest, OtherThingsAreCounted) {
  ProgressBar bar({.is_terminal = true}, 5'000, out_, clock_, "ban");
  clock_.Advance(absl::Seconds(2));
  bar.Advance(1'000);
  EXPECT_THAT(Drawn(), EndsWith(" 20%  1,000 bans of 5,000 bans, 500 bans/s, "
                                "8s left"));
}

TEST_F(ProgressBarTest, AnUnknownSizeHasNoEnd) {
  ProgressBar bar({.is_terminal = true}, 0, out_, clock_);
  clock_.Advance(absl::Seconds(2));
  bar.Advance(3 * kMegabyte);
  EXPECT_EQ(Drawn(), "\r\033[K3.0 MB, 1.5 MB/s");
}

TEST_F(ProgressBarTest, AFileThatGrowsIsNeverMoreThanWhole) {
  ProgressBar bar({.is_terminal = true}, kMegabyte, out_, clock_);
  clock_.Advance(absl::Seconds(1));
  bar.Advance(2 * kMegabyte);
  EXPECT_THAT(Drawn(), HasSubstr("100%  2.0 MB of 1.0 MB, 2.0 MB/s, 0 left"));
}

TEST_F(ProgressBarTest, NeverWraps) {
  for (size_t columns = 0; columns < 100; ++columns) {
    Drawn();
    ProgressBar bar({.is_terminal = true, .columns = columns}, kMegabyte, out_,
                    clock_);
    clock_.Advance(absl::Seconds(1));
    bar.Advance(kMegabyte / 2);
    const std::string drawn = Drawn();
    EXPECT_LT(drawn.size() - std::string("\r\033[K").size(),
              std::max<size_t>(columns, 1));
  }
}

}  // namespace
}  // namespace mxban::ctl
