#include "filter/default_templates.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

using absl::string_view;

// Where a template stands in the list of its own.
enum class Place {
  kAnywhere,   // Twice in the list: at the line's begin, and anywhere.
  kLineBegin,  // Behind two characters of no word at most.
  kStart,      // At the very first character.
};

struct Template {
  string_view name;
  string_view pattern;
  Place place = Place::kAnywhere;
};

constexpr string_view kEpochAnywhere =
    R"(**(?:\baudit\((?=\d{10,11}(?:\.\d{3,6})?:\d+\))|^\[?)({EPOCH}))";
constexpr string_view kLongEpochAnywhere =
    R"(**(?:\baudit\((?=\d+(?:\.\d{3,6})?:\d+\))|^\[?)({LEPOCH}))";

constexpr Template kTemplates[] = {
    {"Year-Month-Day Hour:Minute:Second (ISO 8601)",
     R"(%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?)"
     R"((?:\s*%z)?)"},
    {"Month Day Hour:Minute:Second (RFC 3164)",
     R"((?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?)"},
    {"Month Day Year Hour:Minute:Second",
     R"((?:%a )?%b %d %ExY %k:%M:%S(?:\.%f)?)"},
    {"Day/Month/Year Hour:Minute:Second",
     R"(%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S)"},
    {"Day/Month/Year:Hour:Minute:Second, the month in letters",
     R"(%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?)"},
    {"Month/Day/Year:Hour:Minute:Second", "%m/%d/%ExY:%H:%M:%S"},
    {"Month-Day-Year Hour:Minute:Second", R"(%m-%d-%ExY %k:%M:%S(?:\.%f)?)"},
    {"Seconds since 1970", "{EPOCH}"},
    {"Hour:Minute:Second", "%H:%M:%S", Place::kLineBegin},
    {"<Month/Day/Year@Hour:Minute:Second>", "<%m/%d/%Exy@%H:%M:%S>",
     Place::kStart},
    {"YearMonthDay Hour:Minute:Second, the year in two digits",
     "%Exy%Exm%Exd  ?%H:%M:%S"},
    {"Month Day, Year Hour:Minute:Second AM", "%b %d, %ExY %I:%M:%S %p"},
    {"Month-Day-Year Hour:Minute:Second, the month in letters",
     "%b-%d-%Exy %k:%M:%S", Place::kStart},
    {"YearMonthDayTHourMinuteSecond",
     R"(%ExY%Exm%Exd(?:-|T|  ?)%ExH:?%ExM:?%ExS(?:[.,]%f)?(?:\s*%z)?)"},
    {"Zone Month Day Hour:Minute:Second",
     R"((?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?)"},
    {"Offset Month Day Hour:Minute:Second",
     R"((?:%z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?)"},
    {"TAI64N", "{TAI64N}"},
};

NamedDatePattern AtLineBegin(const Template& entry) {
  return {.name = std::string(entry.name),
          .pattern = absl::StrCat("{^LN-BEG}", entry.pattern)};
}

NamedDatePattern AtItsPlace(const Template& entry) {
  switch (entry.place) {
    case Place::kLineBegin:
      return AtLineBegin(entry);
    case Place::kStart:
      return {.name = std::string(entry.name),
              .pattern = absl::StrCat("^", entry.pattern)};
    case Place::kAnywhere:
      break;
  }
  return {.name = absl::StrCat(entry.name, ", within the line"),
          .pattern = std::string(entry.pattern == "{EPOCH}" ? kEpochAnywhere
                                                            : entry.pattern)};
}

std::vector<NamedDatePattern> LineBeginPatterns() {
  std::vector<NamedDatePattern> patterns;
  for (const Template& entry : kTemplates) {
    if (entry.place == Place::kAnywhere) patterns.push_back(AtLineBegin(entry));
  }
  return patterns;
}

std::vector<NamedDatePattern> DefaultPatterns() {
  std::vector<NamedDatePattern> patterns = LineBeginPatterns();
  for (const Template& entry : kTemplates) {
    patterns.push_back(AtItsPlace(entry));
  }
  return patterns;
}

bool ConsumeIgnoringCase(string_view& text, string_view prefix) {
  if (!absl::StartsWithIgnoreCase(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// EPOCH and its kin.
std::optional<NamedDatePattern> NumberPattern(string_view line) {
  string_view word = line;
  const bool is_line_begin =
      ConsumeIgnoringCase(word, "{^LN-BEG}") || ConsumeIgnoringCase(word, "^");
  string_view anywhere;
  if (absl::EqualsIgnoreCase(word, "EPOCH")) {
    anywhere = kEpochAnywhere;
  } else if (absl::EqualsIgnoreCase(word, "LEPOCH")) {
    anywhere = kLongEpochAnywhere;
  } else if (absl::EqualsIgnoreCase(word, "TAI64N")) {
    anywhere = "{TAI64N}";
  } else {
    return std::nullopt;
  }
  return NamedDatePattern{.name = std::string(line),
                          .pattern = is_line_begin
                                         ? absl::StrCat("{^LN-BEG}{", word, "}")
                                         : std::string(anywhere)};
}

// `line` with each default template in place of the {DATE} at `at`.
std::vector<NamedDatePattern> DatePatterns(string_view line, size_t at) {
  const string_view before = line.substr(0, at);
  const string_view after = line.substr(at + 6);
  std::vector<NamedDatePattern> patterns;
  for (const Template& entry : kTemplates) {
    patterns.push_back({.name = absl::StrCat(before, entry.name, after),
                        .pattern = absl::StrCat(before, entry.pattern, after)});
  }
  return patterns;
}

size_t FindDate(string_view line) {
  for (size_t at = line.find('{'); at != string_view::npos;
       at = line.find('{', at + 1)) {
    if (absl::StartsWithIgnoreCase(line.substr(at), "{DATE}")) return at;
  }
  return string_view::npos;
}

}  // namespace

std::vector<NamedDatePattern> PatternsOf(string_view line) {
  if (absl::EqualsIgnoreCase(line, "{DEFAULT}")) return DefaultPatterns();
  if (absl::EqualsIgnoreCase(line, "{^LN-BEG}")) return LineBeginPatterns();
  if (absl::EqualsIgnoreCase(line, "{NONE}")) return {};
  if (const auto number = NumberPattern(line)) return {*number};
  const size_t date = FindDate(line);
  if (date != string_view::npos) return DatePatterns(line, date);
  return {{.name = std::string(line), .pattern = std::string(line)}};
}

bool IsOfTemplates(string_view line) {
  return StartsWithDefaults(line) || absl::EqualsIgnoreCase(line, "{NONE}") ||
         NumberPattern(line);
}

bool StartsWithDefaults(string_view line) {
  return absl::EqualsIgnoreCase(line, "{DEFAULT}") ||
         absl::EqualsIgnoreCase(line, "{^LN-BEG}");
}

}  // namespace mxban
