#ifndef MXBAN_TESTS_FILTER_SCAN_LINES_H_
#define MXBAN_TESTS_FILTER_SCAN_LINES_H_

// Reads lines as an agent does: only those that a scanner finds are matched.

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "filter/failure_matcher.h"
#include "filter/line_scanner.h"

namespace mxban {

// Tells what `matcher` says of the lines of `block`, whole ones, that
// `scanner`, of its filter alone, has found.
inline void ScanLines(
    FailureMatcher& matcher, LineScanner& scanner, absl::string_view block,
    absl::Time now,
    absl::FunctionRef<void(absl::string_view line,
                           const FailureMatcher::Result& result)>
        tell) {
  absl::Span<const LineScanner::Hit> hits = scanner.Scan(block);
  size_t done = 0;
  while (!hits.empty()) {
    const size_t begin = hits.front().line;
    const absl::string_view line =
        block.substr(begin, block.find('\n', begin) - begin);
    const auto of_line = LineScanner::OfFirstLine(hits);
    tell(line, matcher.Match(line, now,
                             {.hits = of_line,
                              .before = block.substr(done, begin - done)}));
    hits.remove_prefix(of_line.size());
    done = begin + line.size() + 1;
  }
  matcher.PassOver(block.substr(done), now);
}

}  // namespace mxban

#endif  // MXBAN_TESTS_FILTER_SCAN_LINES_H_
