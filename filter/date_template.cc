#include "filter/date_template.h"

#include "common/status_macros.h"
#include "filter/date_expression.h"

namespace mxban {

absl::StatusOr<DateTemplate> DateTemplate::Compile(absl::string_view pattern,
                                                   int last_year) {
  ASSIGN_OR_RETURN(const DateExpression expression,
                   MakeDateExpression(pattern, last_year));
  ASSIGN_OR_RETURN(Regex regex, Regex::Compile(expression.text));
  return DateTemplate(std::move(regex), expression.is_anchored);
}

DateTemplate::DateTemplate(Regex regex, bool is_anchored)
    : regex_(std::move(regex)), is_anchored_(is_anchored) {
  for (const DateGroup& group : DateGroups()) {
    const int number = regex_.GroupNumber(group.name);
    if (number > 0) groups_.push_back({.number = number, .meaning = &group});
  }
}

std::optional<DateTemplate::Match> DateTemplate::Search(
    absl::string_view line) {
  if (regex_.Search(line) != Regex::Verdict::kMatch) return std::nullopt;
  Match match;
  const Regex::Span stamp = regex_.Group(1);
  if (!stamp.is_set()) return match;
  match.begin = stamp.begin;
  match.end = stamp.end;
  for (const Group& group : groups_) {
    const Regex::Span span = regex_.Group(group.number);
    if (!span.is_set()) continue;
    group.meaning->read(line.substr(span.begin, span.end - span.begin),
                        match.fields);
  }
  return match;
}

}  // namespace mxban
