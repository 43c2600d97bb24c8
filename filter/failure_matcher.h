#ifndef MXBAN_FILTER_FAILURE_MATCHER_H_
#define MXBAN_FILTER_FAILURE_MATCHER_H_

// One compiled filter: finds the failure that a log line tells, if any, or the
// right login.
//
// A line is taken apart as Fail2Ban does it: the time stamp is found and cut
// out, `prefregex` must match the rest, the first `failregex` that hits names
// the failure, unless an `ignoreregex` hits as well. What is no failure may be
// a right login: the first `successregex` that hits tells it. With `maxlines`
// the last lines are one text (line_window.h); with `<F-MLFID>` what several
// lines tell is put together (failure_joiner.h).
//
// Lines are bytes, not text: NUL and invalid UTF-8 are ordinary bytes that `.`
// matches. A line longer than kMaxLineBytes is never matched, and an expression
// that backtracks beyond its limits gives up: no line can stall the reader, and
// no line is an error.
//
// Match() reads no clock, and does not allocate unless lines are joined. It
// remembers the time of the last stamp, which a line without one inherits for a
// minute.
//
// Thread-compatible; movable. Give each log of its own matcher.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/jail.h"
#include "filter/line_scanner.h"

namespace mxban {

class FailureMatcher {
 public:
  // sendmail's records end at 1 KiB; nothing honest comes near this.
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  struct Options {
    // Of stamps that name none, as those of RFC 3164, unless the filter says.
    absl::TimeZone time_zone = absl::LocalTimeZone();
  };

  enum class Outcome {
    kMissed,     // No expression hit.
    kIgnored,    // An `ignoreregex` says that it does not count.
    kNoFailure,  // It hit, but tells none, or none yet: `<F-NOFAIL>`.
    kFailure,
    kRightLogin,  // `host` and one time and user say whose.
    kLimitHit,    // Too long a line, or an expression gave up on it.
  };

  // A line stands for at most so many equal ones (`<F-REPEATED>`).
  static constexpr uint32_t kMaxRepetition = 1000;

  // What a line says. Views last until the next Match().
  struct Result {
    Outcome outcome = Outcome::kMissed;
    // The address or name as captured: `ip4`, `ip6` or `dns`; empty when the
    // filter only captures an `<F-ID>`.
    absl::string_view host;
    // What is to be counted: the `<F-ID>`, else `host`.
    absl::string_view failure_id;
    // The digits behind the address, of `<CIDR>` and `<SUBNET>`.
    absl::string_view prefix_length;
    // One for each failure that the line tells: of its stamp, of the last
    // line's, of the line that had to wait for its address. None in place of a
    // time where there was no stamp; whole seconds, but for those that were
    // given. Empty unless kFailure or kRightLogin.
    absl::Span<const std::optional<absl::Time>> times;
    // For each of them whose login it was (`<F-USER>`), as that line had it;
    // empty where it named none. Of any length.
    absl::Span<const absl::string_view> users;
    // Which of Filter::fail_regexes hit; -1 if none did.
    int fail_regex = -1;
    // Which of Filter::success_regexes told a right login; -1 if none did.
    int success_regex = -1;
    // What gave up on the line, as `failregex 2`; if another one hit, the
    // outcome is that one's. Empty if none did.
    absl::string_view gave_up;
  };

  // INVALID_ARGUMENT names the expression that is empty, does not compile, or
  // captures no failure id, or no user and address of a right login.
  static absl::StatusOr<FailureMatcher> Compile(const Filter& filter,
                                                const Options& options);

  FailureMatcher(FailureMatcher&&) noexcept;
  FailureMatcher& operator=(FailureMatcher&&) noexcept;
  ~FailureMatcher();

  // What is known of a line beside its text.
  struct Surroundings {
    uint64_t position = 0;  // In its log, for waiting_from().
    // If it is known from elsewhere: then the line bears no stamp, whatever it
    // looks like.
    std::optional<absl::Time> time;
    // What a LineScanner found in it of this filter, if it was asked.
    std::optional<absl::Span<const LineScanner::Hit>> hits;
    // Lines right before it that were neither matched nor passed over, whole
    // ones: if it has no stamp, theirs is its time.
    absl::string_view before;
  };

  // Reads `line`, which comes without its newline; a trailing CR is ignored.
  // `now` decides the year of stamps without one, and whether the last line is
  // recent.
  Result Match(absl::string_view line, absl::Time now,
               const Surroundings& surroundings);
  Result Match(absl::string_view line, absl::Time now) {
    return Match(line, now, Surroundings());
  }

  // What a LineScanner needs to find the lines that may matter; all others
  // would be missed. Lives as long as the matcher.
  const LineRequirements& required() const;

  // Passes over whole lines that would be missed.
  void PassOver(absl::string_view lines, absl::Time now);

  // The time of the stamp that `line` bears; nullopt if there is none. Changes
  // nothing of what later lines mean.
  std::optional<absl::Time> StampOf(absl::string_view line, absl::Time now);

  // The position of the oldest line whose failure waits for another line, of
  // those of this log, or of the one so many logs ago; nullopt if none does.
  // Who forgets the matcher begins again from there.
  std::optional<uint64_t> waiting_from(int logs_ago = 0) const;

  // Positions are those of another log from now on.
  void TurnToAnotherLog();

  // What each kind of time stamp is called, and how many lines had it.
  struct StampCount {
    std::string name;
    uint64_t lines = 0;
  };
  std::vector<StampCount> stamp_counts() const;

 private:
  struct Parts;  // Hides PCRE2 from everyone who matches lines.

  explicit FailureMatcher(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_FAILURE_MATCHER_H_
