#include "filter/failure_matcher.h"

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "filter/date_pattern.h"
#include "filter/fail_regex.h"

namespace mxban {
namespace {

using Verdict = Regex::Verdict;

// A stamp's time is good for the lines without one that follow within:
constexpr absl::Duration kRecent = absl::Seconds(60);

// With so many more failregexes than ignoreregexes, it pays to ignore first.
constexpr size_t kManyMore = 3;

absl::Status Annotate(const absl::Status& status, absl::string_view what) {
  return absl::Status(status.code(),
                      absl::StrCat(what, ": ", status.message()));
}

absl::StatusOr<std::vector<FailRegex>> CompileAll(
    const std::vector<std::string>& expressions, absl::string_view option,
    bool use_names) {
  std::vector<FailRegex> compiled;
  for (size_t i = 0; i < expressions.size(); ++i) {
    auto regex = FailRegex::Compile(expressions[i], use_names);
    if (!regex.ok()) {
      return Annotate(regex.status(), absl::StrCat(option, " ", i + 1));
    }
    compiled.push_back(*std::move(regex));
  }
  return compiled;
}

// Every failregex, or else the prefix, must say who it was.
absl::Status CheckFailureIds(const std::vector<FailRegex>& fail_regexes) {
  if (fail_regexes.empty()) {
    return absl::InvalidArgumentError("there is no failregex");
  }
  for (size_t i = 0; i < fail_regexes.size(); ++i) {
    if (fail_regexes[i].CapturesFailureId()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("failregex ", i + 1,
                     ": captures no failure id; <HOST> is the usual one"));
  }
  return absl::OkStatus();
}

absl::string_view WithoutLineEnd(absl::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

struct FailureMatcher::Parts {
  explicit Parts(DatePattern pattern) : date_pattern(std::move(pattern)) {}

  // Takes the line apart; `stamp` is what to cut out of it.
  void Adopt(absl::string_view whole, size_t begin, size_t end) {
    line = whole;
    cut_begin = begin;
    cut_end = end;
    text.assign(line.data(), begin);
    text.append(line.data() + end, line.size() - end);
    text += '\n';
    content = text;
    content_begin = 0;
  }

  std::optional<absl::Time> CutStamp(absl::string_view whole, absl::Time now);
  Outcome Decide(Result& result);
  Outcome FindFailure(Result& result);
  bool Capture(FailRegex& regex, Result& result);
  Verdict SearchIgnoreRegexes();
  Verdict SearchPrefix();

  // What group `part` of `regex`, just matched, or of the prefix captured.
  absl::string_view Captured(const FailRegex& regex, FailRegex::Part part);
  absl::string_view ViewOf(Regex::Span span, size_t offset);

  DatePattern date_pattern;
  std::optional<FailRegex> prefix;
  std::vector<FailRegex> fail_regexes;
  std::vector<FailRegex> ignore_regexes;

  // The line being read.
  absl::string_view line;
  size_t cut_begin = 0;
  size_t cut_end = 0;
  std::string text;           // Without the stamp, with a newline.
  absl::string_view content;  // Of `text` or `prefix_content`.
  std::string prefix_content;
  size_t content_begin = 0;  // Where in `text` `content` starts.

  std::optional<absl::Time> last_time;  // Of any line so far.
  Counters counters;
  std::vector<uint64_t> regex_hits;
  std::array<uint64_t, DatePattern::kKinds> stamp_hits = {};
};

// Cuts the stamp of `whole` and returns the line's time.
std::optional<absl::Time> FailureMatcher::Parts::CutStamp(
    absl::string_view whole, absl::Time now) {
  const auto stamp = date_pattern.Find(whole, now);
  if (stamp && stamp->time) {
    ++stamp_hits[static_cast<int>(stamp->kind)];
    Adopt(whole, stamp->begin, stamp->end);
    last_time = stamp->time;
    return stamp->time;
  }
  const bool is_recent = last_time && now - *last_time < kRecent;
  if (stamp && !is_recent) {  // An impossible date.
    Adopt(whole, stamp->begin, stamp->end);
    return std::nullopt;
  }
  Adopt(whole, whole.size(), whole.size());
  return is_recent ? last_time : std::nullopt;
}

FailureMatcher::Outcome FailureMatcher::Parts::Decide(Result& result) {
  const bool ignore_first =
      !ignore_regexes.empty() &&
      fail_regexes.size() >= ignore_regexes.size() + kManyMore;
  if (ignore_first) {
    const Verdict ignored = SearchIgnoreRegexes();
    if (ignored == Verdict::kLimitHit) return Outcome::kLimitHit;
    if (ignored == Verdict::kMatch) return Outcome::kIgnored;
  }
  if (prefix) {
    const Verdict found = SearchPrefix();
    if (found == Verdict::kLimitHit) return Outcome::kLimitHit;
    if (found == Verdict::kNoMatch) return Outcome::kMissed;
  }
  return FindFailure(result);
}

Verdict FailureMatcher::Parts::SearchPrefix() {
  const Verdict verdict = prefix->Search(text);
  if (verdict != Verdict::kMatch) return verdict;
  const Regex::Span span = prefix->Captured(FailRegex::kContent);
  if (span.is_set()) {
    prefix_content.assign(text, span.begin, span.end - span.begin);
    prefix_content += '\n';
    content = prefix_content;
    content_begin = span.begin;
  }
  return verdict;
}

FailureMatcher::Outcome FailureMatcher::Parts::FindFailure(Result& result) {
  bool gave_up = false;
  for (size_t i = 0; i < fail_regexes.size(); ++i) {
    const Verdict verdict = fail_regexes[i].Search(content);
    gave_up |= verdict == Verdict::kLimitHit;
    if (verdict != Verdict::kMatch) continue;
    if (!Capture(fail_regexes[i], result)) continue;
    result.fail_regex = static_cast<int>(i);
    switch (SearchIgnoreRegexes()) {
      case Verdict::kMatch:
        return Outcome::kIgnored;
      case Verdict::kLimitHit:
        return Outcome::kLimitHit;
      case Verdict::kNoMatch:
        return Outcome::kFailure;
    }
  }
  return gave_up ? Outcome::kLimitHit : Outcome::kMissed;
}

Verdict FailureMatcher::Parts::SearchIgnoreRegexes() {
  for (FailRegex& regex : ignore_regexes) {
    const Verdict verdict = regex.Search(content);
    if (verdict != Verdict::kNoMatch) return verdict;
  }
  return Verdict::kNoMatch;
}

// Fills in who it was; false if nobody was captured.
bool FailureMatcher::Parts::Capture(FailRegex& regex, Result& result) {
  result.host = {};
  for (const auto part : {FailRegex::kIp4, FailRegex::kIp6, FailRegex::kDns}) {
    if (result.host.empty()) result.host = Captured(regex, part);
  }
  result.failure_id = Captured(regex, FailRegex::kId);
  if (result.failure_id.empty()) result.failure_id = result.host;
  result.prefix_length = Captured(regex, FailRegex::kCidr);
  return !result.failure_id.empty();
}

absl::string_view FailureMatcher::Parts::Captured(const FailRegex& regex,
                                                  FailRegex::Part part) {
  const Regex::Span span = regex.Captured(part);
  if (span.is_set() && span.end == content.size()) {  // With the newline.
    return content.substr(span.begin, span.end - span.begin);
  }
  if (span.is_set()) return ViewOf(span, content_begin);
  if (!prefix) return {};
  const Regex::Span of_prefix = prefix->Captured(part);
  return of_prefix.is_set() ? ViewOf(of_prefix, 0) : absl::string_view();
}

// `span` counts from `offset` in `text`. Points into the line, unless the span
// reaches over the cut or the newline behind the text.
absl::string_view FailureMatcher::Parts::ViewOf(Regex::Span span,
                                                size_t offset) {
  const size_t begin = span.begin + offset;
  const size_t end = span.end + offset;
  if (end <= cut_begin) return line.substr(begin, end - begin);
  if (begin >= cut_begin && end < text.size()) {
    return line.substr(begin + cut_end - cut_begin, end - begin);
  }
  return absl::string_view(text).substr(begin, end - begin);
}

absl::StatusOr<FailureMatcher> FailureMatcher::Compile(const Filter& filter,
                                                       const Options& options) {
  ASSIGN_OR_RETURN(
      DatePattern pattern,
      DatePattern::Compile(filter.date_patterns, options.time_zone));
  auto parts = std::make_unique<Parts>(std::move(pattern));
  if (!filter.prefix_regex.empty()) {
    auto prefix = FailRegex::Compile(filter.prefix_regex, options.use_names);
    if (!prefix.ok()) return Annotate(prefix.status(), "prefregex");
    parts->prefix = *std::move(prefix);
  }
  ASSIGN_OR_RETURN(
      parts->fail_regexes,
      CompileAll(filter.fail_regexes, "failregex", options.use_names));
  ASSIGN_OR_RETURN(
      parts->ignore_regexes,
      CompileAll(filter.ignore_regexes, "ignoreregex", options.use_names));
  const bool prefix_captures =
      parts->prefix && parts->prefix->CapturesFailureId();
  if (!prefix_captures || parts->fail_regexes.empty()) {
    RETURN_IF_ERROR(CheckFailureIds(parts->fail_regexes));
  }
  parts->regex_hits.resize(parts->fail_regexes.size());
  return FailureMatcher(std::move(parts));
}

FailureMatcher::FailureMatcher(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}
FailureMatcher::FailureMatcher(FailureMatcher&&) noexcept = default;
FailureMatcher& FailureMatcher::operator=(FailureMatcher&&) noexcept = default;
FailureMatcher::~FailureMatcher() = default;

FailureMatcher::Result FailureMatcher::Match(absl::string_view line,
                                             absl::Time now) {
  Result result;
  Counters& counters = parts_->counters;
  ++counters.lines;
  line = WithoutLineEnd(line);
  if (line.size() > kMaxLineBytes) {
    result.outcome = Outcome::kLimitHit;
  } else {
    result.time = parts_->CutStamp(line, now);
    result.outcome = parts_->Decide(result);
  }
  switch (result.outcome) {
    case Outcome::kMissed:
      ++counters.missed;
      break;
    case Outcome::kIgnored:
      ++counters.ignored;
      break;
    case Outcome::kFailure:
      ++counters.failures;
      ++parts_->regex_hits[result.fail_regex];
      break;
    case Outcome::kLimitHit:
      ++counters.limit_hits;
      break;
  }
  return result;
}

const FailureMatcher::Counters& FailureMatcher::counters() const {
  return parts_->counters;
}

const std::vector<uint64_t>& FailureMatcher::regex_hits() const {
  return parts_->regex_hits;
}

std::vector<FailureMatcher::StampCount> FailureMatcher::stamp_counts() const {
  std::vector<StampCount> counts;
  for (int i = 0; i < DatePattern::kKinds; ++i) {
    counts.push_back({.name = std::string(DatePattern::NameOf(
                          static_cast<DatePattern::Kind>(i))),
                      .lines = parts_->stamp_hits[i]});
  }
  return counts;
}

}  // namespace mxban
