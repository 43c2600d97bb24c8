#include "ctl/progress_bar.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/color.h"
#include "ctl/format.h"

namespace mxban::ctl {
namespace {

constexpr uint64_t kBytesPerLook = 16 * 1024;
constexpr size_t kWidestBar = 30;
constexpr size_t kNarrowestBar = 8;

constexpr char kClearLine[] = "\r\033[K";

}  // namespace

ProgressBar::ProgressBar(const Terminal& terminal, uint64_t total,
                         std::ostream& out, const Clock& clock,
                         absl::string_view noun)
    : terminal_(terminal),
      total_(total),
      out_(out),
      clock_(clock),
      start_(clock.TimeNow()),
      noun_(noun),
      next_draw_(start_ + kPatience) {}

ProgressBar::~ProgressBar() {
  if (is_shown_) out_ << kClearLine << std::flush;
}

void ProgressBar::Advance(uint64_t count) {
  done_ += count;
  if (!terminal_.is_terminal || done_ < next_look_) return;
  next_look_ = done_ + (noun_.empty() ? kBytesPerLook : 1);
  const absl::Time now = clock_.TimeNow();
  if (now < next_draw_) return;
  next_draw_ = now + kInterval;
  Draw(now);
}

void ProgressBar::Draw(absl::Time now) {
  const std::string figures = Figures(now);
  out_ << kClearLine;
  // A bar, if the figures leave room; never the last column, which may wrap.
  const size_t room =
      terminal_.columns - std::min(terminal_.columns, figures.size() + 4);
  if (total_ > 0 && room >= kNarrowestBar) {
    DrawBar(std::min(room, kWidestBar));
    out_ << ' ' << figures << std::flush;
  } else {
    out_ << figures.substr(0, std::max<size_t>(terminal_.columns, 1) - 1)
         << std::flush;
  }
  is_shown_ = true;
}

void ProgressBar::DrawBar(size_t width) {
  const size_t filled = static_cast<size_t>(static_cast<double>(width) *
                                            std::min(done_, total_) / total_);
  out_ << '[' << Painted{std::string(filled, '='), Color::kGood}
       << std::string(width - filled, ' ') << ']';
}

std::string ProgressBar::Amount(double count) const {
  if (noun_.empty()) return absl::StrFormat("%.1f MB", count / 1e6);
  return SayCount(static_cast<uint64_t>(count), noun_);
}

std::string ProgressBar::Figures(absl::Time now) const {
  const double seconds = absl::ToDoubleSeconds(now - start_);
  const double rate = done_ / seconds;
  if (total_ == 0) {
    return absl::StrCat(Amount(done_), ", ", Amount(rate), "/s");
  }
  const uint64_t left = total_ - std::min(done_, total_);
  const absl::Duration rest =
      absl::Ceil(absl::Seconds(left / rate), absl::Seconds(1));
  return absl::StrFormat("%3.0f%%  %s of %s, %s/s, %s left",
                         100.0 * std::min(done_, total_) / total_,
                         Amount(done_), Amount(total_), Amount(rate),
                         absl::FormatDuration(rest));
}

}  // namespace mxban::ctl
