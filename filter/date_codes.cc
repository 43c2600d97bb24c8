#include "filter/date_codes.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "filter/date_names.h"
#include "filter/zone_name.h"

namespace mxban {
namespace {

using absl::string_view;

struct Code {
  string_view text;
  string_view group;
  string_view expression;
};

constexpr string_view kShortMonths =
    "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
constexpr string_view kLongMonths =
    "January|February|March|April|May|June|July|August|September|October|"
    "November|December";
constexpr string_view kShortDays = "Mon|Tue|Wed|Thu|Fri|Sat|Sun";
constexpr string_view kLongDays =
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";

// Of two that start alike, the longer one first.
constexpr Code kCodes[] = {
    {"%Exy", "y", R"(\d\d)"},
    {"%Exm", "m", "0[1-9]|1[0-2]"},
    {"%Exd", "d", R"(0[1-9]|[1-2]\d|3[0-1])"},
    {"%ExH", "H", R"([0-1]\d|2[0-3])"},
    {"%Exk", "k", R"( ?[0-1]?\d| ?2[0-3])"},
    {"%Exl", "l", " ?1[0-2]| ?0?[1-9]"},
    {"%ExM", "M", R"([0-5]\d)"},
    {"%ExS", "S", R"([0-5]\d|6[0-1])"},
    {"%Exz", "z",
     R"((?:[A-Z](?:[A-Z]{2,4})?)?[+-][01]\d(?::?[0-5]\d)?|)"
     "[A-Z](?:[A-Z]{2,4})?"},
    {"%ExZ", "Z", R"([A-Z](?:[A-Z]{2,4})?(?:[+-][01]\d(?::?[0-5]\d)?)?)"},
    {"%Y", "Y", R"(\d{4})"},
    {"%y", "y", R"(\d\d)"},
    {"%m", "m", "0?[1-9]|1[0-2]"},
    {"%d", "d", R"([1-2]\d|[0 ]?[1-9]|3[0-1])"},
    {"%b", "b", kShortMonths},
    {"%B", "B", kLongMonths},
    {"%a", "a", kShortDays},
    {"%A", "A", kLongDays},
    {"%j", "j", R"(36[0-6]|3[0-5]\d|[1-2]\d\d|0?[1-9]\d|0{0,2}[1-9])"},
    {"%U", "U", R"(5[0-3]|[0-4]?\d)"},
    {"%W", "W", R"(5[0-3]|[0-4]?\d)"},
    {"%w", "w", "[0-6]"},
    {"%H", "H", R"([0-1]?\d|2[0-3])"},
    {"%k", "k", R"( ?[0-2]?\d)"},
    {"%I", "I", "1[0-2]|0?[1-9]"},
    {"%l", "l", R"( ?1?\d)"},
    {"%p", "p", "am|pm"},
    {"%M", "M", R"([0-5]?\d)"},
    {"%S", "S", R"([0-5]?\d|6[0-1])"},
    {"%f", "f", R"(\d{1,6})"},
    {"%z", "z", R"(Z|UTC|GMT|[+-][01]\d(?::?[0-5]\d)?)"},
    {"%Z", "Z", "Z|[A-Z]{3,5}"},
    {"{EPOCH}", "EPOCH", R"(\d{10,11}\b(?:\.\d{3,6})?)"},
    {"{LEPOCH}", "LEPOCH", R"((?:\d{16}|\d{13}|\d{10,11})\b(?:\.\d{3,6})?)"},
    {"{TAI64N}", "TAI64N", "@[0-9a-fA-F]{24}"},
};

std::string Group(string_view name, string_view expression) {
  return absl::StrCat("(?P<", name, ">", expression, ")");
}

// `20[0-2]\d`, if the last year is 2029.
std::string YearExpression(int last_year) {
  const int decade = last_year / 10 % 10;
  return decade == 0 ? R"(200\d)" : absl::StrCat("20[0-", decade, R"(]\d)");
}

// The code that `text` starts with, nullptr if there is none.
const Code* FindCode(string_view text) {
  for (const Code& code : kCodes) {
    const bool starts = text.front() == '%'
                            ? absl::StartsWith(text, code.text)
                            : absl::StartsWithIgnoreCase(text, code.text);
    if (starts) return &code;
  }
  return nullptr;
}

// Takes the code that `rest` starts with off it, and appends what it stands
// for; false if there is none.
bool ExpandOne(string_view& rest, int last_year, std::string& expanded) {
  if (absl::ConsumePrefix(&rest, "%%")) {
    expanded += '%';
    return true;
  }
  if (absl::ConsumePrefix(&rest, "%ExY")) {
    expanded += Group("Y", YearExpression(last_year));
    return true;
  }
  if (absl::ConsumePrefix(&rest, "%c")) {
    expanded += *ExpandDateCodes("%a %b %d %H:%M:%S %Y", last_year);
    return true;
  }
  const Code* code = FindCode(rest);
  if (code == nullptr) return false;
  expanded += Group(code->group, code->expression);
  rest.remove_prefix(code->text.size());
  return true;
}

// Numbers too great for any field stay too great.
int Number(string_view text) {
  int number = 0;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) number = std::min(number, 99999) * 10 + c - '0';
  }
  return number;
}

void ReadZone(string_view text, StampFields& fields) {
  const std::optional<int> minutes = ParseZone(text);
  fields.has_zone = minutes.has_value();
  fields.zone_minutes = minutes.value_or(0);
}

// Ten or eleven digits are seconds, 13 milliseconds, 16 microseconds.
void ReadEpoch(string_view text, StampFields& fields) {
  int64_t number = 0;
  size_t digits = 0;
  while (digits < std::min<size_t>(text.size(), 17) &&
         absl::ascii_isdigit(text[digits])) {
    number = number * 10 + (text[digits++] - '0');
  }
  if (digits >= 13) number /= 1000;
  if (digits >= 16) number /= 1000;
  fields.unix_seconds = number;
}

// `@4`, 15 hexadecimal digits of seconds, 8 of nanoseconds.
void ReadTai(string_view text, StampFields& fields) {
  int64_t seconds = 0;
  for (const char c : text.substr(std::min<size_t>(text.size(), 2), 15)) {
    const int digit =
        absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    seconds = seconds * 16 + (digit & 15);
  }
  fields.unix_seconds = seconds;
}

constexpr DateGroup kGroups[] = {
    {"Y", [](string_view text, StampFields& f) { f.year = Number(text); }},
    {"y",
     [](string_view text, StampFields& f) {
       f.year = Number(text) + (Number(text) <= 2000 ? 2000 : 0);
     }},
    {"m", [](string_view text, StampFields& f) { f.month = Number(text); }},
    {"b", [](string_view text, StampFields& f) { f.month = MonthOf(text); }},
    {"B", [](string_view text, StampFields& f) { f.month = MonthOf(text); }},
    {"d", [](string_view text, StampFields& f) { f.day = Number(text); }},
    {"j",
     [](string_view text, StampFields& f) { f.day_of_year = Number(text); }},
    {"U",
     [](string_view text, StampFields& f) { f.sunday_week = Number(text); }},
    {"W",
     [](string_view text, StampFields& f) { f.monday_week = Number(text); }},
    {"w", [](string_view text, StampFields& f) { f.weekday = Number(text); }},
    {"a",
     [](string_view text, StampFields& f) { f.weekday = WeekdayOf(text); }},
    {"A",
     [](string_view text, StampFields& f) { f.weekday = WeekdayOf(text); }},
    {"H", [](string_view text, StampFields& f) { f.hour = Number(text); }},
    {"k", [](string_view text, StampFields& f) { f.hour = Number(text); }},
    {"I", [](string_view text, StampFields& f) { f.half_hour = Number(text); }},
    {"l", [](string_view text, StampFields& f) { f.half_hour = Number(text); }},
    {"p",
     [](string_view text, StampFields& f) {
       f.is_afternoon = absl::StartsWithIgnoreCase(text, "p");
     }},
    {"M", [](string_view text, StampFields& f) { f.minute = Number(text); }},
    {"S", [](string_view text, StampFields& f) { f.second = Number(text); }},
    {"Z", ReadZone},
    {"z", ReadZone},
    {"EPOCH", ReadEpoch},
    {"LEPOCH", ReadEpoch},
    {"TAI64N", ReadTai},
};

}  // namespace

absl::StatusOr<std::string> ExpandDateCodes(string_view pattern,
                                            int last_year) {
  std::string expanded;
  while (!pattern.empty()) {
    if (ExpandOne(pattern, last_year, expanded)) continue;
    if (pattern.front() == '%') {
      const size_t size = absl::StartsWith(pattern, "%Ex") ? 4 : 2;
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown code '", absl::Utf8SafeCHexEscape(pattern.substr(0, size)),
          "'; a percent sign is '%%'"));
    }
    expanded += pattern.front();
    pattern.remove_prefix(1);
  }
  return expanded;
}

bool HasLetterCode(string_view pattern) {
  for (size_t at = pattern.find('%'); at != string_view::npos;
       at = pattern.find('%', at + 2)) {
    const string_view code = pattern.substr(at + 1, 1);
    if (!code.empty() && absl::StrContains("aAbBpc", code)) return true;
  }
  return false;
}

absl::Span<const DateGroup> DateGroups() { return kGroups; }

}  // namespace mxban
