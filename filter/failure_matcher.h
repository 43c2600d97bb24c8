#ifndef MXBAN_FILTER_FAILURE_MATCHER_H_
#define MXBAN_FILTER_FAILURE_MATCHER_H_

// One compiled filter: finds the failure that a log line tells, if any.
//
// A line is taken apart as Fail2Ban does it: the time stamp is found and cut
// out, `prefregex` must match the rest, the first `failregex` that hits names
// the failure, unless an `ignoreregex` hits as well.
//
// Lines are bytes, not text: NUL and invalid UTF-8 are ordinary bytes that `.`
// matches. A line longer than kMaxLineBytes is never matched, and an expression
// that backtracks beyond its limits gives up; both are counted, so no line can
// stall the reader, and no line is an error.
//
// Match() neither allocates nor reads a clock. It remembers the time of the
// last stamp, which a line without one inherits for a minute.
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
#include "common/jail.h"

namespace mxban {

class FailureMatcher {
 public:
  // sendmail's records end at 1 KiB; nothing honest comes near this.
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  struct Options {
    // Of stamps that name none, as those of RFC 3164.
    absl::TimeZone time_zone = absl::LocalTimeZone();
    // Whether `<HOST>` also takes host names (`usedns` other than `no`).
    bool use_names = true;
  };

  enum class Outcome {
    kMissed,   // Tells no failure.
    kIgnored,  // Would, but an `ignoreregex` says it does not count.
    kFailure,
    kLimitHit,  // Too long a line, or an expression gave up on it.
  };

  // What a line says. Views point into the line where possible, else into the
  // matcher, and last until the next Match() or the end of the line's buffer.
  struct Result {
    Outcome outcome = Outcome::kMissed;
    // The address or name as captured: `ip4`, `ip6` or `dns`; empty when the
    // filter only captures an `<F-ID>`.
    absl::string_view host;
    // What is to be counted: the `<F-ID>`, else `host`.
    absl::string_view failure_id;
    // The digits behind the address, of `<CIDR>` and `<SUBNET>`.
    absl::string_view prefix_length;
    // The stamp's time, or the last line's. None when there is neither; whole
    // seconds.
    std::optional<absl::Time> time;
    // Which of Filter::fail_regexes hit; -1 unless outcome is kFailure or
    // kIgnored by an ignoreregex after a hit.
    int fail_regex = -1;
  };

  struct Counters {
    uint64_t lines = 0;
    uint64_t failures = 0;
    uint64_t missed = 0;
    uint64_t ignored = 0;
    uint64_t limit_hits = 0;
  };

  // INVALID_ARGUMENT names the expression that is empty, does not compile,
  // captures no failure id, or uses what is not understood yet.
  static absl::StatusOr<FailureMatcher> Compile(const Filter& filter,
                                                const Options& options);

  FailureMatcher(FailureMatcher&&) noexcept;
  FailureMatcher& operator=(FailureMatcher&&) noexcept;
  ~FailureMatcher();

  // Reads `line`, which comes without its newline; a trailing CR is ignored.
  // `now` decides the year of stamps without one, and whether the last line is
  // recent.
  Result Match(absl::string_view line, absl::Time now);

  const Counters& counters() const;

  // How often each of Filter::fail_regexes told a failure.
  const std::vector<uint64_t>& regex_hits() const;

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
