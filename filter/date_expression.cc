#include "filter/date_expression.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "filter/date_codes.h"

namespace mxban {
namespace {

constexpr absl::string_view kWordBegin = R"((?=^|\b|\W))";
constexpr absl::string_view kWordEnd = R"((?=\b|\W|$))";
constexpr absl::string_view kLineBegin = R"(^(?:\W{0,2})?)";

bool ConsumeIgnoringCase(absl::string_view& text, absl::string_view prefix) {
  if (!absl::StartsWithIgnoreCase(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Whether the character at `at` is meant literally.
bool IsEscaped(absl::string_view text, size_t at) {
  size_t backslashes = 0;
  while (backslashes < at && text[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool HasNamelessGroup(absl::string_view text) {
  for (size_t at = text.find('('); at != absl::string_view::npos;
       at = text.find('(', at + 1)) {
    const bool is_special = absl::StartsWith(text.substr(at + 1), "?");
    if (!is_special && !IsEscaped(text, at)) return true;
  }
  return false;
}

// `^`, or one behind the opening of a group.
bool StartsAtLineBegin(absl::string_view text) {
  while (absl::ConsumePrefix(&text, "(")) {
    if (!absl::ConsumePrefix(&text, "?")) continue;
    if (absl::ConsumePrefix(&text, ":")) continue;
    const size_t name_end = text.find('>');
    if (!absl::StartsWith(text, "P<") || name_end == absl::string_view::npos) {
      return false;
    }
    text.remove_prefix(name_end + 1);
  }
  return absl::StartsWith(text, "^");
}

bool EndsWithDollar(absl::string_view text) {
  return absl::EndsWith(text, "$") && !IsEscaped(text, text.size() - 1);
}

bool EndsWithBoundary(absl::string_view text) {
  if (EndsWithDollar(text)) return true;
  return (absl::EndsWith(text, R"(\b)") || absl::EndsWith(text, R"(\s)")) &&
         IsEscaped(text, text.size() - 1);
}

// The whole as the first group.
std::string AsGroup(absl::string_view text) {
  const absl::string_view begin =
      absl::ConsumePrefix(&text, "^") ? "^" : absl::string_view();
  const absl::string_view end = EndsWithDollar(text) ? "$" : "";
  text.remove_suffix(end.size());
  return absl::StrCat(begin, "(", text, ")", end);
}

}  // namespace

absl::StatusOr<DateExpression> MakeDateExpression(absl::string_view pattern,
                                                  int last_year) {
  const bool is_unbounded = ConsumeIgnoringCase(pattern, "{UNB}");
  const bool is_line_begin = ConsumeIgnoringCase(pattern, "{^LN-BEG}");
  const bool is_open = absl::ConsumePrefix(&pattern, "**");
  const bool is_open_end = absl::ConsumeSuffix(&pattern, "**");
  DateExpression expression;
  expression.is_anchored = is_line_begin || StartsAtLineBegin(pattern);

  const bool needs_begin = !is_unbounded && !is_open && !expression.is_anchored;
  const bool needs_end =
      !is_unbounded && !is_open_end && !EndsWithBoundary(pattern);
  const auto body = ExpandDateCodes(pattern, last_year);
  if (!body.ok()) return body.status();
  expression.text = absl::StrCat(
      HasLetterCode(pattern) ? "(?i)" : "", is_line_begin ? kLineBegin : "",
      needs_begin ? kWordBegin : "",
      HasNamelessGroup(pattern) ? *body : AsGroup(*body),
      needs_end ? kWordEnd : "");
  return expression;
}

}  // namespace mxban
