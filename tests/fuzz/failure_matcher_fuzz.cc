// Lines are the attacker's: whatever they hold, matching ends, and what it
// names lies within the line.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "filter/failure_matcher.h"

namespace {

mxban::FailureMatcher& Matcher() {
  static mxban::FailureMatcher* const matcher = [] {
    mxban::Filter filter;
    filter.fail_regexes = {
        R"(\[<HOST>\]: possible SMTP attack: command=AUTH)",
        R"(AUTH failure .*relay=(?:\S+ )?\[(?:IPv6:<IP6>|<IP4>)\]$)"};
    filter.ignore_regexes = {"user=monitoring"};
    return new mxban::FailureMatcher(
        *mxban::FailureMatcher::Compile(filter, {absl::UTCTimeZone(), true}));
  }();
  return *matcher;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view line(reinterpret_cast<const char*>(data), size);
  const auto result =
      Matcher().Match(line, absl::FromUnixSeconds(1'795'435'200));
  const bool is_failure =
      result.outcome == mxban::FailureMatcher::Outcome::kFailure;
  if (is_failure && line.find(result.host) == absl::string_view::npos) {
    std::abort();
  }
  return 0;
}
