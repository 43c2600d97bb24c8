#include "filter/failure_matcher.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "common/status_macros.h"
#include "filter/date_pattern.h"
#include "filter/fail_regex.h"
#include "filter/failure_joiner.h"
#include "filter/filter_regexes.h"
#include "filter/line_text.h"
#include "filter/line_times.h"
#include "filter/line_window.h"
#include "filter/prefilter.h"
#include "filter/zone_name.h"

namespace mxban {
namespace {

using Outcome = FailureMatcher::Outcome;
using Result = FailureMatcher::Result;
using Surroundings = FailureMatcher::Surroundings;
using Verdict = Regex::Verdict;

// Expressions by their numbers: failregexes, then successregexes.
using Candidates = absl::Span<const size_t>;

// With so many more failregexes than ignoreregexes, it pays to ignore first.
constexpr size_t kManyMore = 3;

}  // namespace

struct FailureMatcher::Parts {
  Parts(DatePattern pattern, FilterRegexes compiled, const Filter& filter)
      : sees_several_lines(filter.max_lines > 1),
        line_times(std::move(pattern)),
        regexes(std::move(compiled)),
        window(filter.max_lines),
        joiner({.pending_limit = filter.pending_limit,
                .idle_limit = filter.join_time}) {}

  void AddLine(absl::string_view line, absl::Time now,
               const Surroundings& surroundings);
  Candidates FindCandidates(const Surroundings& surroundings);
  Outcome Decide(absl::Time now, const Surroundings& surroundings,
                 Result& result);
  Outcome SearchFailRegexes(Candidates candidates, absl::Time now,
                            Result& result);
  Outcome Examine(size_t index, absl::Time now, Result& result);
  Outcome SearchSuccessRegexes(Candidates candidates, Result& result);
  Outcome ExamineSuccess(FailRegex& regex, Result& result);
  void CaptureHost(FailRegex& regex, Result& result);
  void Tell(size_t count, absl::string_view user, Result& result);
  Outcome TellFailure(FailRegex& regex, Result& result);
  Outcome Join(FailRegex& regex, absl::Time now, Result& result);
  Verdict SearchIgnoreRegexes(absl::string_view text, Result& result);
  Verdict SearchPrefix(Result& result);
  absl::string_view MatchedLines(const FailRegex& regex);

  // What `part` of `regex`, just matched, or of the prefix captured.
  std::optional<absl::string_view> Captured(FailRegex& regex,
                                            FailRegex::Part part);
  bool IsCaptured(FailRegex& regex, FailRegex::Part part);
  uint32_t RepetitionIn(FailRegex& regex);

  const bool sees_several_lines;
  LineTimes line_times;
  FilterRegexes regexes;

  std::optional<Prefilter> prefilter;  // Once a line comes without hits.
  std::vector<size_t> scanned;         // The candidates by a line's hits.

  // What is being read.
  LineWindow window;
  bool is_cut_within = false;  // Its stamp stood between parts of it.
  absl::string_view content;   // Of `window` or `prefix_content`.
  std::string prefix_content;  // What the prefix leaves, with a newline.
  std::string matched_lines;   // Of a window of several.
  std::optional<std::string> lines_to_keep;  // Of them, when this is done.
  std::optional<absl::Time> time;
  uint64_t position = 0;

  FailureJoiner joiner;
  std::vector<std::optional<absl::Time>> times;
  std::vector<absl::string_view> users;
};

// Adds `line` without its stamp to the window.
void FailureMatcher::Parts::AddLine(absl::string_view line, absl::Time now,
                                    const Surroundings& surroundings) {
  if (lines_to_keep) window.Keep(*std::exchange(lines_to_keep, std::nullopt));
  const LineTimes::Line cut =
      line_times.Cut(line, now, surroundings.time, surroundings.before);
  window.Add(cut.before, cut.behind);
  content = window.text();
  time = cut.time;
  position = surroundings.position;
  is_cut_within = !cut.before.empty() && !cut.behind.empty();
}

// The expressions that can match the text at all. What is not in it is not in
// what the prefix leaves of it either.
Candidates FailureMatcher::Parts::FindCandidates(
    const Surroundings& surroundings) {
  if (!surroundings.hits) {
    if (!prefilter) prefilter.emplace(regexes.required.expressions);
    return prefilter->Candidates(content);
  }
  scanned.clear();
  for (const LineScanner::Hit& hit : *surroundings.hits) {
    if (hit.is_whole || is_cut_within) scanned.push_back(hit.expression);
  }
  return scanned;
}

Outcome FailureMatcher::Parts::Decide(absl::Time now,
                                      const Surroundings& surroundings,
                                      Result& result) {
  const bool ignore_first =
      !regexes.ignore.empty() &&
      regexes.fail.size() >= regexes.ignore.size() + kManyMore;
  if (ignore_first) {
    const Verdict ignored = SearchIgnoreRegexes(content, result);
    if (ignored == Verdict::kLimitHit) return Outcome::kLimitHit;
    if (ignored == Verdict::kMatch) return Outcome::kIgnored;
  }
  const Candidates candidates = FindCandidates(surroundings);
  if (candidates.empty()) return Outcome::kMissed;
  if (regexes.prefix) {
    const Verdict found = SearchPrefix(result);
    if (found == Verdict::kLimitHit) return Outcome::kLimitHit;
    if (found == Verdict::kNoMatch) return Outcome::kMissed;
  }
  const size_t failures =
      absl::c_lower_bound(candidates, regexes.fail.size()) - candidates.begin();
  const Outcome outcome =
      SearchFailRegexes(candidates.first(failures), now, result);
  if (outcome != Outcome::kMissed && outcome != Outcome::kNoFailure) {
    return outcome;
  }
  Result right;
  const Outcome success =
      SearchSuccessRegexes(candidates.subspan(failures), right);
  if (success == Outcome::kMissed) return outcome;
  result = right;
  return success;
}

Verdict FailureMatcher::Parts::SearchIgnoreRegexes(absl::string_view text,
                                                   Result& result) {
  for (NamedRegex& ignore : regexes.ignore) {
    const Verdict verdict = ignore.regex.Search(text);
    if (verdict == Verdict::kLimitHit) result.gave_up = ignore.name;
    if (verdict != Verdict::kNoMatch) return verdict;
  }
  return Verdict::kNoMatch;
}

Verdict FailureMatcher::Parts::SearchPrefix(Result& result) {
  const Verdict verdict = regexes.prefix->regex.Search(window.text());
  if (verdict == Verdict::kLimitHit) result.gave_up = regexes.prefix->name;
  if (verdict != Verdict::kMatch) return verdict;
  const auto captured =
      regexes.prefix->regex.Captured(FailRegex::kContent, window.text());
  if (captured) {
    prefix_content.assign(captured->data(), captured->size());
    prefix_content += '\n';
    content = prefix_content;
  }
  return verdict;
}

Outcome FailureMatcher::Parts::SearchFailRegexes(Candidates candidates,
                                                 absl::Time now,
                                                 Result& result) {
  for (const size_t i : candidates) {
    const Verdict verdict = regexes.fail[i].regex.Search(content);
    if (verdict == Verdict::kLimitHit) result.gave_up = regexes.fail[i].name;
    if (verdict != Verdict::kMatch) continue;
    const Outcome outcome = Examine(i, now, result);
    if (outcome != Outcome::kMissed) return outcome;
  }
  return result.gave_up.empty() ? Outcome::kMissed : Outcome::kLimitHit;
}

// What comes of the hit of an expression; kMissed if it captured nobody.
Outcome FailureMatcher::Parts::Examine(size_t index, absl::Time now,
                                       Result& result) {
  FailRegex& regex = regexes.fail[index].regex;
  result.fail_regex = static_cast<int>(index);
  const Verdict ignored = SearchIgnoreRegexes(MatchedLines(regex), result);
  if (ignored == Verdict::kLimitHit) return Outcome::kLimitHit;
  if (ignored == Verdict::kMatch) return Outcome::kIgnored;
  return IsCaptured(regex, FailRegex::kMlfId) ? Join(regex, now, result)
                                              : TellFailure(regex, result);
}

// No line tells both of a failure and of a right login.
Outcome FailureMatcher::Parts::SearchSuccessRegexes(Candidates candidates,
                                                    Result& result) {
  for (const size_t candidate : candidates) {
    const size_t i = candidate - regexes.fail.size();
    auto& [name, regex] = regexes.success[i];
    const Verdict verdict = regex.Search(content);
    if (verdict == Verdict::kLimitHit) result.gave_up = name;
    if (verdict != Verdict::kMatch) continue;
    const Outcome outcome = ExamineSuccess(regex, result);
    if (outcome == Outcome::kRightLogin) {
      result.success_regex = static_cast<int>(i);
    }
    if (outcome != Outcome::kMissed) return outcome;
  }
  return result.gave_up.empty() ? Outcome::kMissed : Outcome::kLimitHit;
}

Outcome FailureMatcher::Parts::ExamineSuccess(FailRegex& regex,
                                              Result& result) {
  const Verdict ignored = SearchIgnoreRegexes(MatchedLines(regex), result);
  if (ignored == Verdict::kLimitHit) return Outcome::kLimitHit;
  if (ignored == Verdict::kMatch) return Outcome::kIgnored;
  CaptureHost(regex, result);
  const absl::string_view user = Captured(regex, FailRegex::kUser).value_or("");
  if (result.host.empty() || user.empty()) return Outcome::kMissed;
  Tell(1, user, result);
  return Outcome::kRightLogin;
}

// The lines that `regex` matched. Those of a window of several leave it as
// soon as nobody looks at what was captured any more.
absl::string_view FailureMatcher::Parts::MatchedLines(const FailRegex& regex) {
  if (!sees_several_lines) return content;
  if (content.data() == prefix_content.data()) {
    lines_to_keep = "";
    return content;
  }
  LineWindow::Division division =
      window.Divide(regex.Match(), regex.SkippedLines());
  lines_to_keep = std::move(division.others);
  matched_lines = std::move(division.matched);
  return matched_lines;
}

// A failure of a single line, as most are.
Outcome FailureMatcher::Parts::TellFailure(FailRegex& regex, Result& result) {
  CaptureHost(regex, result);
  result.prefix_length = Captured(regex, FailRegex::kCidr).value_or("");
  result.failure_id = Captured(regex, FailRegex::kId).value_or("");
  if (result.failure_id.empty()) result.failure_id = result.host;
  if (result.failure_id.empty()) return Outcome::kMissed;
  if (IsCaptured(regex, FailRegex::kNoFail)) return Outcome::kNoFailure;
  Tell(RepetitionIn(regex), Captured(regex, FailRegex::kUser).value_or(""),
       result);
  return Outcome::kFailure;
}

void FailureMatcher::Parts::CaptureHost(FailRegex& regex, Result& result) {
  result.host = {};
  for (const auto part : {FailRegex::kIp4, FailRegex::kIp6, FailRegex::kDns}) {
    if (result.host.empty()) result.host = Captured(regex, part).value_or("");
  }
}

// So many alike, at the time of the line.
void FailureMatcher::Parts::Tell(size_t count, absl::string_view user,
                                 Result& result) {
  times.assign(count, time);
  users.assign(count, user);
  result.times = times;
  result.users = users;
}

// One line of several that tell of a failure.
Outcome FailureMatcher::Parts::Join(FailRegex& regex, absl::Time now,
                                    Result& result) {
  const bool gained = IsCaptured(regex, FailRegex::kMlfGained);
  const FailureJoiner::Joined joined = joiner.Join(
      {.mlfid = *Captured(regex, FailRegex::kMlfId),
       .facts = {Captured(regex, FailRegex::kId),
                 Captured(regex, FailRegex::kIp4),
                 Captured(regex, FailRegex::kIp6),
                 Captured(regex, FailRegex::kDns),
                 Captured(regex, FailRegex::kCidr),
                 Captured(regex, FailRegex::kUser)},
       .time = time,
       .position = position,
       .repetition = RepetitionIn(regex),
       .is_failure = !gained && !IsCaptured(regex, FailRegex::kNoFail),
       .forgets = IsCaptured(regex, FailRegex::kMlfForget),
       .gained = gained},
      now);
  if (joined.times.empty()) return Outcome::kNoFailure;
  result.host = joined.host;
  result.failure_id = joined.failure_id;
  result.prefix_length = joined.prefix_length;
  result.times = joined.times;
  users.assign(joined.users.begin(), joined.users.end());
  result.users = users;
  return Outcome::kFailure;
}

std::optional<absl::string_view> FailureMatcher::Parts::Captured(
    FailRegex& regex, FailRegex::Part part) {
  if (regex.Captures(part)) {
    const auto captured = regex.Captured(part, content);
    if (captured) return captured;
  }
  if (!regexes.prefix || !regexes.prefix->regex.Captures(part))
    return std::nullopt;
  return regexes.prefix->regex.Captured(part, window.text());
}

bool FailureMatcher::Parts::IsCaptured(FailRegex& regex, FailRegex::Part part) {
  const auto captured = Captured(regex, part);
  return captured && !captured->empty();
}

uint32_t FailureMatcher::Parts::RepetitionIn(FailRegex& regex) {
  const auto captured = Captured(regex, FailRegex::kRepetition);
  uint32_t number = 1;
  if (captured && !absl::SimpleAtoi(*captured, &number)) return 1;
  return std::clamp(number, 1u, kMaxRepetition);
}

absl::StatusOr<FailureMatcher> FailureMatcher::Compile(const Filter& filter,
                                                       const Options& options) {
  absl::TimeZone zone = options.time_zone;
  if (!filter.time_zone.empty()) {
    ASSIGN_OR_RETURN(zone, ParseLogTimeZone(filter.time_zone));
  }
  ASSIGN_OR_RETURN(DatePattern pattern,
                   DatePattern::Compile(filter.date_patterns, zone));
  ASSIGN_OR_RETURN(FilterRegexes regexes, FilterRegexes::Compile(filter));
  return FailureMatcher(
      std::make_unique<Parts>(std::move(pattern), std::move(regexes), filter));
}

FailureMatcher::FailureMatcher(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
FailureMatcher::FailureMatcher(FailureMatcher&&) noexcept = default;
FailureMatcher& FailureMatcher::operator=(FailureMatcher&&) noexcept = default;
FailureMatcher::~FailureMatcher() = default;

FailureMatcher::Result FailureMatcher::Match(absl::string_view line,
                                             absl::Time now,
                                             const Surroundings& surroundings) {
  Result result;
  line = WithoutLineEnd(line);
  if (line.size() > kMaxLineBytes) {
    result.gave_up = "the limit of a line's length";
    result.outcome = Outcome::kLimitHit;
    return result;
  }
  parts_->AddLine(line, now, surroundings);
  result.outcome = parts_->Decide(now, surroundings, result);
  return result;
}

const LineRequirements& FailureMatcher::required() const {
  return parts_->regexes.required;
}

void FailureMatcher::PassOver(absl::string_view lines, absl::Time now) {
  parts_->line_times.Learn(lines, now);
}

std::optional<absl::Time> FailureMatcher::StampOf(absl::string_view line,
                                                  absl::Time now) {
  return parts_->line_times.StampOf(line, now);
}

std::optional<uint64_t> FailureMatcher::waiting_from(int logs_ago) const {
  return parts_->joiner.waiting_from(logs_ago);
}

void FailureMatcher::TurnToAnotherLog() { parts_->joiner.TurnToAnotherLog(); }

std::vector<FailureMatcher::StampCount> FailureMatcher::stamp_counts() const {
  const LineTimes& times = parts_->line_times;
  std::vector<StampCount> counts;
  for (size_t i = 0; i < times.names().size(); ++i) {
    counts.push_back({.name = times.names()[i], .lines = times.hits()[i]});
  }
  return counts;
}

}  // namespace mxban
