// Lines are the attacker's: whatever they hold, matching ends, what it names
// stands in one of the lines, it is told in bounded numbers, and a scanner
// overlooks none.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "filter/failure_matcher.h"
#include "filter/line_scanner.h"
#include "tests/filter/scan_lines.h"

namespace mxban {
namespace {

// How sendmail's lines are joined, and lines of every kind at once.
std::vector<FailureMatcher>& Matchers() {
  static auto& matchers = *[] {
    auto* made = new std::vector<FailureMatcher>;
    const Filter sessions = {
        .fail_regexes = {R"(^<F-MLFID>\w{14}</F-MLFID>: AUTH failure .*relay=)"
                         R"((?:[^\s,=\[\]]+[ @])?\[(?:<IP4>|IPv6:<IP6>)\]$)",
                         R"(^<F-MLFID>\w{14}</F-MLFID>: AUTH failure )",
                         R"(^<F-MLFID>\w{14}</F-MLFID><F-MLFFORGET>: )"
                         R"(<F-NOFAIL>\[</F-NOFAIL><IP4></F-MLFFORGET>\])",
                         R"(<F-REPEATED>\d+</F-REPEATED> times: <HOST>)"},
        .ignore_regexes = {"user=monitoring"},
        .prefix_regex = R"(^\s*\S+ sm-mta\[\d+\]: <F-CONTENT>.+</F-CONTENT>$)",
        .pending_limit = 100,
        .join_time = absl::Hours(2),
        .success_regexes = {
            R"(^AUTH=server, relay=\[<IP4>\], authid=<F-USER>.+</F-USER>, )"
            R"(mech=\w+$)"}};
    const Filter windows = {
        .fail_regexes = {R"(^begin (\d+)<SKIPLINES>^end \1 <SUBNET>$)",
                         R"(^<F-ID>a+</F-ID>$<SKIPLINES>^b)"},
        .max_lines = 5};
    for (const Filter& filter : {sessions, windows}) {
      made->push_back(
          *FailureMatcher::Compile(filter, {.time_zone = absl::UTCTimeZone()}));
    }
    return made;
  }();
  return matchers;
}

void Check(bool holds) {
  if (!holds) std::abort();
}

void ReadAll(FailureMatcher& matcher, absl::string_view text, absl::Time now) {
  for (int i = 0; i < 5; ++i) matcher.Match("", now);  // Empties a window.
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const FailureMatcher::Result result = matcher.Match(line, now);
    Check(result.users.size() == result.times.size());
    const bool is_right_login =
        result.outcome == FailureMatcher::Outcome::kRightLogin;
    if (result.outcome != FailureMatcher::Outcome::kFailure &&
        !is_right_login) {
      Check(result.times.empty());
      continue;
    }
    Check(is_right_login ? !result.users[0].empty() && !result.host.empty()
                         : !result.failure_id.empty());
    Check(text.find(result.host) != absl::string_view::npos);
    Check(!result.times.empty());
    Check(result.times.size() <= 100 + FailureMatcher::kMaxRepetition);
  }
}

// A stamp may stand in the middle of what an expression requires: whoever has
// only the lines matched that a scanner finds learns the same.
void ScanAll(absl::string_view text, absl::Time now) {
  static auto& matcher = *new FailureMatcher(*FailureMatcher::Compile(
      {.fail_regexes = {R"(\[\] failure <HOST>)", R"(at: more\W+<HOST>)",
                        R"(audit\(: (?i:Attack) by <HOST>)"},
       .date_patterns = {"EPOCH"}},
      {.time_zone = absl::UTCTimeZone()}));
  static auto& scanner = *new LineScanner({&matcher.required()});
  const absl::string_view lines = text.substr(0, text.rfind('\n') + 1);
  std::vector<std::string> by_line, by_scan;
  for (const absl::string_view line : absl::StrSplit(lines, '\n')) {
    const FailureMatcher::Result result = matcher.Match(line, now);
    if (!result.times.empty()) by_line.emplace_back(result.host);
  }
  ScanLines(matcher, scanner, lines, now,
            [&](absl::string_view, const FailureMatcher::Result& result) {
              if (!result.times.empty()) by_scan.emplace_back(result.host);
            });
  Check(by_line == by_scan);
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Days apart: nothing is remembered of the input before.
  static absl::Time now = absl::FromUnixSeconds(1'795'435'200);
  now += absl::Hours(25);
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (auto& matcher : mxban::Matchers()) mxban::ReadAll(matcher, text, now);
  mxban::ScanAll(text, now);
  return 0;
}
