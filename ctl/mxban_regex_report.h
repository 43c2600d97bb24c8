#ifndef MXBAN_CTL_MXBAN_REGEX_REPORT_H_
#define MXBAN_CTL_MXBAN_REGEX_REPORT_H_

// The summary of a run, for eyes: how often each expression hit and each kind
// of time stamp was seen, a few of the lines that told nothing, and the sums.

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/jail.h"
#include "filter/failure_matcher.h"

namespace mxban::ctl {

// Some lines of a kind, and how many there were.
class LineSample {
 public:
  static constexpr size_t kMost = 20;

  void Add(uint64_t number, absl::string_view line);

  struct Line {
    uint64_t number = 0;
    std::string text;  // Fit for a terminal.
  };
  const std::vector<Line>& lines() const { return lines_; }
  uint64_t count() const { return count_; }

 private:
  std::vector<Line> lines_;
  uint64_t count_ = 0;
};

// `line` for a terminal, and not the whole of a very long one.
std::string PrintableLine(absl::string_view line);

// What happened while a log was read.
struct RegexTally {
  // Beyond so many users right logins are only summed up.
  static constexpr size_t kMostUsers = 1000;

  uint64_t skipped = 0;          // Lines that the matcher never saw.
  uint64_t lines = 0;            // All others.
  uint64_t matched = 0;          // Lines.
  uint64_t failures = 0;         // A line may tell several.
  uint64_t without_failure = 0;  // Lines that hit and tell none, or none yet.
  uint64_t right_logins = 0;     // Lines.
  std::map<int, uint64_t> fail_hits;     // Lines, by failregex.
  std::map<int, uint64_t> success_hits;  // Right logins, by successregex.
  std::map<std::string, uint64_t> right_users;  // Right logins of some users.
  LineSample missed;
  LineSample ignored;
  LineSample given_up;
  std::map<std::string, uint64_t> gave_up;  // Lines, by what gave up.
  absl::Duration took;
};

struct ReportOptions {
  bool list_missed = true;
  bool list_ignored = true;
};

// Writes the report on the run of `matcher`, which is of `filter`.
void PrintReport(const Filter& filter, const FailureMatcher& matcher,
                 const RegexTally& tally, const ReportOptions& options,
                 std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_REPORT_H_
