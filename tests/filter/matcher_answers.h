#ifndef MXBAN_TESTS_FILTER_MATCHER_ANSWERS_H_
#define MXBAN_TESTS_FILTER_MATCHER_ANSWERS_H_

// What a matcher says of a line, in a word.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "filter/failure_matcher.h"

namespace mxban {

inline const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 12, 0, 0), absl::UTCTimeZone());

inline FailureMatcher Compile(const Filter& filter) {
  return FailureMatcher::Compile(filter, {.time_zone = absl::UTCTimeZone()})
      .value();
}

// The failure id, or what else came of it.
inline std::string Tell(FailureMatcher& matcher, const std::string& line) {
  const FailureMatcher::Result result = matcher.Match(line, kNow);
  switch (result.outcome) {
    case FailureMatcher::Outcome::kMissed:
      return "missed";
    case FailureMatcher::Outcome::kIgnored:
      return "ignored";
    case FailureMatcher::Outcome::kNoFailure:
      return "no failure";
    case FailureMatcher::Outcome::kLimitHit:
      return "limit";
    case FailureMatcher::Outcome::kFailure:
      return std::string(result.failure_id);
    case FailureMatcher::Outcome::kRightLogin:
      return absl::StrCat(result.users[0], " at ", result.host);
  }
  return "";
}

inline std::string Tell(const Filter& filter, const std::string& line) {
  FailureMatcher matcher = Compile(filter);
  return Tell(matcher, line);
}

}  // namespace mxban

#endif  // MXBAN_TESTS_FILTER_MATCHER_ANSWERS_H_
