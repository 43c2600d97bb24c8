#include "filter/line_window.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace mxban {

void LineWindow::Add(absl::string_view before, absl::string_view after) {
  if (max_lines_ == 1) Keep("");
  absl::StrAppend(&text_, before, after, "\n");
  ++line_count_;
  while (line_count_ > max_lines_ ||
         (line_count_ > 1 && text_.size() > kMaxBytes)) {
    text_.erase(0, text_.find('\n') + 1);
    --line_count_;
  }
}

LineWindow::Division LineWindow::Divide(
    Regex::Span match, const std::vector<Regex::Span>& skipped) const {
  const size_t newline = text_.rfind('\n', match.begin);
  const size_t first = newline == std::string::npos ? 0 : newline + 1;
  const size_t last = std::max(match.begin, match.end - (match.end > 0));
  Division division;
  for (size_t begin = 0; begin < text_.size();) {
    const size_t end = text_.find('\n', begin) + 1;
    const bool is_skipped = absl::c_any_of(skipped, [&](Regex::Span span) {
      return span.begin <= begin && end <= span.end;
    });
    const bool is_matched = begin >= first && begin <= last && !is_skipped;
    (is_matched ? division.matched : division.others)
        .append(text_, begin, end - begin);
    begin = end;
  }
  return division;
}

void LineWindow::Keep(std::string lines) {
  text_ = std::move(lines);
  line_count_ = absl::c_count(text_, '\n');
}

}  // namespace mxban
