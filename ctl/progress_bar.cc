#include "ctl/progress_bar.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mxban::ctl {
namespace {

constexpr uint64_t kBytesPerLook = 16 * 1024;
constexpr size_t kWidestBar = 30;
constexpr size_t kNarrowestBar = 8;

constexpr char kGreen[] = "\033[32m";
constexpr char kPlain[] = "\033[0m";
constexpr char kClearLine[] = "\r\033[K";

std::string Megabytes(double bytes) {
  return absl::StrFormat("%.1f MB", bytes / 1e6);
}

}  // namespace

ProgressBar::ProgressBar(const Terminal& terminal, uint64_t total,
                         std::ostream& out, const Clock& clock)
    : terminal_(terminal),
      total_(total),
      out_(out),
      clock_(clock),
      start_(clock.TimeNow()),
      next_draw_(start_ + kPatience) {}

ProgressBar::~ProgressBar() {
  if (is_shown_) out_ << kClearLine << std::flush;
}

void ProgressBar::Advance(uint64_t bytes) {
  done_ += bytes;
  if (!terminal_.is_terminal || done_ < next_look_) return;
  next_look_ = done_ + kBytesPerLook;
  const absl::Time now = clock_.TimeNow();
  if (now < next_draw_) return;
  next_draw_ = now + kInterval;
  Draw(now);
}

void ProgressBar::Draw(absl::Time now) {
  std::string line = Figures(now);
  // A bar, if the figures leave room; never the last column, which may wrap.
  const size_t room =
      terminal_.columns - std::min(terminal_.columns, line.size() + 4);
  if (total_ > 0 && room >= kNarrowestBar) {
    line = absl::StrCat(Bar(std::min(room, kWidestBar)), " ", line);
  } else {
    line.resize(
        std::min(line.size(), std::max<size_t>(terminal_.columns, 1) - 1));
  }
  out_ << kClearLine << line << std::flush;
  is_shown_ = true;
}

std::string ProgressBar::Bar(size_t width) const {
  const size_t filled = static_cast<size_t>(static_cast<double>(width) *
                                            std::min(done_, total_) / total_);
  return absl::StrCat(
      "[", terminal_.has_color ? kGreen : "", std::string(filled, '='),
      terminal_.has_color ? kPlain : "", std::string(width - filled, ' '), "]");
}

std::string ProgressBar::Figures(absl::Time now) const {
  const double seconds = absl::ToDoubleSeconds(now - start_);
  const double rate = done_ / seconds;
  if (total_ == 0) {
    return absl::StrCat(Megabytes(done_), ", ", Megabytes(rate), "/s");
  }
  const uint64_t left = total_ - std::min(done_, total_);
  const absl::Duration rest =
      absl::Ceil(absl::Seconds(left / rate), absl::Seconds(1));
  return absl::StrFormat("%3.0f%%  %s of %s, %s/s, %s left",
                         100.0 * std::min(done_, total_) / total_,
                         Megabytes(done_), Megabytes(total_), Megabytes(rate),
                         absl::FormatDuration(rest));
}

}  // namespace mxban::ctl
