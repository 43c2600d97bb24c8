#include "filter/date_pattern.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "filter/stamp_parser.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

// More than the longest stamp that is read by hand, and what stands around it.
constexpr size_t kLongestByHand = 64;

}  // namespace

absl::StatusOr<DatePattern> DatePattern::Compile(
    const std::vector<std::string>& patterns, absl::TimeZone zone) {
  DatePattern compiled(
      patterns.empty() ? std::vector<std::string>{"{DEFAULT}"} : patterns,
      zone);
  RETURN_IF_ERROR(compiled.CompileTemplates());
  return compiled;
}

DatePattern::DatePattern(const std::vector<std::string>& lines,
                         absl::TimeZone zone)
    : reads_by_hand_(StartsWithDefaults(lines.front())), calendar_(zone) {
  for (const std::string& line : lines) {
    for (NamedDatePattern& pattern : PatternsOf(line)) {
      names_.push_back(pattern.name);
      patterns_.push_back(std::move(pattern));
    }
  }
}

absl::Status DatePattern::CompileTemplates() {
  last_year_ = calendar_.last_year();
  std::vector<DateTemplate> templates;
  templates.reserve(patterns_.size());
  for (const NamedDatePattern& pattern : patterns_) {
    auto compiled = DateTemplate::Compile(pattern.pattern, last_year_);
    if (!compiled.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("datepattern '", absl::Utf8SafeCHexEscape(pattern.name),
                       "': ", compiled.status().message()));
    }
    templates.push_back(*std::move(compiled));
  }
  templates_ = std::move(templates);
  return absl::OkStatus();
}

std::optional<DatePattern::Stamp> DatePattern::Find(absl::string_view line,
                                                    absl::Time now) {
  calendar_.SetNow(now);
  // They compiled before; were memory short, the old ones would stay.
  if (calendar_.last_year() != last_year_) CompileTemplates().IgnoreError();
  std::optional<Hit> hit;
  is_by_hand_ = reads_by_hand_ && IsAscii(line.substr(0, kLongestByHand));
  if (is_by_hand_) hit = FindByHand(line);
  if (hit) last_at_begin_ = hit->index;
  if (!hit) hit = FindAtBegin(line);
  if (!hit) hit = FindWithin(line);
  if (!hit || hit->match.begin == hit->match.end) return std::nullopt;
  return Stamp{.begin = hit->match.begin,
               .end = hit->match.end,
               .template_index = hit->index,
               .time = calendar_.TimeOf(hit->match.fields)};
}

// These templates start with a character of a word, and at most two others may
// stand before it.
std::optional<DatePattern::Hit> DatePattern::FindByHand(
    absl::string_view line) const {
  size_t begin = 0;
  while (begin < line.size() && !IsWordCharacter(line[begin])) ++begin;
  if (begin > 2 || begin == line.size()) return std::nullopt;
  const absl::string_view text = line.substr(begin);
  Hit hit;
  size_t length = 0;
  if (absl::ascii_isalpha(text.front())) {
    hit.index = kSyslogTemplate;
    length = ParseSyslogStamp(text, last_year_, hit.match.fields);
  } else {
    hit.index = kIsoTemplate;
    length = ParseIsoStamp(text, last_year_, hit.match.fields);
    if (length == 0) {
      hit.index = kEpochTemplate;
      length = ParseEpochStamp(text, hit.match.fields);
    }
  }
  if (length == 0) return std::nullopt;
  hit.match.begin = begin;
  hit.match.end = begin + length;
  return hit;
}

bool DatePattern::IsReadByHand(size_t index) const {
  return is_by_hand_ && (index == kIsoTemplate || index == kSyslogTemplate ||
                         index == kEpochTemplate);
}

std::optional<DatePattern::Hit> DatePattern::Try(size_t index,
                                                 absl::string_view line) {
  const auto match = templates_[index].Search(line);
  if (!match) return std::nullopt;
  return Hit{.index = index, .match = *match};
}

std::optional<DatePattern::Hit> DatePattern::FindAtBegin(
    absl::string_view line) {
  if (last_at_begin_ && !IsReadByHand(*last_at_begin_)) {
    if (const auto hit = Try(*last_at_begin_, line)) return hit;
  }
  for (size_t i = 0; i < templates_.size(); ++i) {
    if (!templates_[i].is_anchored() || i == last_at_begin_ ||
        IsReadByHand(i)) {
      continue;
    }
    if (const auto hit = Try(i, line)) {
      last_at_begin_ = i;
      return hit;
    }
  }
  return std::nullopt;
}

std::optional<DatePattern::Hit> DatePattern::FindWithin(
    absl::string_view line) {
  std::optional<Hit> leftmost;
  if (last_within_) {
    leftmost = Try(*last_within_, line);
    if (leftmost && leftmost->match.begin <= last_position_) return leftmost;
  }
  for (size_t i = 0; i < templates_.size(); ++i) {
    if (templates_[i].is_anchored() || i == last_within_) continue;
    const auto hit = Try(i, line);
    if (!hit || (leftmost && hit->match.begin >= leftmost->match.begin)) {
      continue;
    }
    leftmost = hit;
  }
  if (leftmost) {
    last_within_ = leftmost->index;
    last_position_ = leftmost->match.begin;
  }
  return leftmost;
}

}  // namespace mxban
