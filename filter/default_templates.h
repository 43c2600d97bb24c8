#ifndef MXBAN_FILTER_DEFAULT_TEMPLATES_H_
#define MXBAN_FILTER_DEFAULT_TEMPLATES_H_

// What one line of `datepattern` stands for: a list of date patterns in the
// language of date_expression.h, of which the first one wins, other things
// being equal.
//
//   {DEFAULT}          the templates that are known without being told, first
//                      those at a line's begin, then all, anywhere
//   {^LN-BEG}          those of them that are tied to the line's begin
//   EPOCH LEPOCH       seconds since 1970; `{^LN-BEG}` or `^` in front ties
//   TAI64N             them to the line's begin
//   {NONE}             none
//   ...{DATE}...       that pattern with each default template in that place
//   anything else      itself

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mxban {

struct NamedDatePattern {
  std::string name;  // For reports.
  std::string pattern;
};

std::vector<NamedDatePattern> PatternsOf(absl::string_view line);

// Whether `line` stands for nothing but templates of ours: those begin and end
// where a word does.
bool IsOfTemplates(absl::string_view line);

// Whether the list of `line` begins with the templates of ISO 8601, RFC 3164
// and seconds since 1970 at a line's begin, at these places:
bool StartsWithDefaults(absl::string_view line);
inline constexpr size_t kIsoTemplate = 0;
inline constexpr size_t kSyslogTemplate = 1;
inline constexpr size_t kEpochTemplate = 7;

}  // namespace mxban

#endif  // MXBAN_FILTER_DEFAULT_TEMPLATES_H_
