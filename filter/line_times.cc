#include "filter/line_times.h"

#include "filter/line_text.h"

namespace mxban {
namespace {

// A stamp's time is good for the lines without one that follow within:
constexpr absl::Duration kRecent = absl::Seconds(60);

}  // namespace

LineTimes::Line LineTimes::Cut(absl::string_view text, absl::Time now,
                               std::optional<absl::Time> given,
                               absl::string_view unread) {
  if (given) {
    last_time_ = given;
    return {text, "", given};
  }
  const auto stamp = pattern_.Find(text, now);
  if (stamp && stamp->time) {
    ++hits_[stamp->template_index];
    last_time_ = stamp->time;
  } else {
    Learn(unread, now);
    const bool is_recent = last_time_ && now - *last_time_ < kRecent;
    if (is_recent || !stamp) {
      return {text, "", is_recent ? last_time_ : std::nullopt};
    }
  }
  // An impossible date is no time.
  return {text.substr(0, stamp->begin), text.substr(stamp->end), stamp->time};
}

void LineTimes::Learn(absl::string_view lines, absl::Time now) {
  while (!lines.empty()) {
    lines.remove_suffix(1);  // The newline.
    const size_t begin = lines.rfind('\n') + 1;
    if (const auto time = StampOf(lines.substr(begin), now)) {
      last_time_ = time;
      return;
    }
    lines = lines.substr(0, begin);
  }
}

std::optional<absl::Time> LineTimes::StampOf(absl::string_view text,
                                             absl::Time now) {
  const auto stamp = pattern_.Find(WithoutLineEnd(text), now);
  return stamp ? stamp->time : std::nullopt;
}

}  // namespace mxban
