#ifndef MXBAN_TESTS_FILTER_SCAN_LINES_H_
#define MXBAN_TESTS_FILTER_SCAN_LINES_H_

// Reads lines as an agent does: only those that a scanner finds are matched.

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
  ScannedLines scanned(block, scanner.Scan(block), /*is_each=*/false);
  size_t done = 0;
  while (const auto line = scanned.Next()) {
    tell(line->text,
         matcher.Match(line->text, now,
                       {.hits = line->hits,
                        .before = block.substr(done, line->begin - done)}));
    done = line->end;
  }
  matcher.PassOver(block.substr(done), now);
}

}  // namespace mxban

#endif  // MXBAN_TESTS_FILTER_SCAN_LINES_H_
