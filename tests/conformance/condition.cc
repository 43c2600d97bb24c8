#include "tests/conformance/condition.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// The text of a quoted word.
std::optional<std::string> Word(absl::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                         (text.front() == '\'' || text.front() == '"');
  if (!is_quoted) return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
}

// What stands on one side of a comparison; an option that is not set is none.
absl::StatusOr<std::optional<std::string>> ValueOf(absl::string_view text,
                                                   absl::string_view name,
                                                   const GivenValues& options) {
  text = absl::StripAsciiWhitespace(text);
  if (text == "name") return std::string(name);
  if (std::optional<std::string> word = Word(text)) return word;
  absl::string_view argument = text;
  if (absl::ConsumePrefix(&argument, "opts.get(") &&
      absl::ConsumeSuffix(&argument, ")")) {
    if (const std::optional<std::string> option = Word(argument)) {
      const auto found = options.find(*option);
      if (found == options.end()) return std::nullopt;
      return found->second;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the condition '", text, "' is not understood"));
}

absl::StatusOr<bool> Compare(absl::string_view text, absl::string_view name,
                             const GivenValues& options) {
  const bool is_unequal = absl::StrContains(text, "!=");
  const std::pair<absl::string_view, absl::string_view> sides =
      absl::StrSplit(text, absl::MaxSplits(is_unequal ? "!=" : "==", 1));
  ASSIGN_OR_RETURN(const auto left, ValueOf(sides.first, name, options));
  ASSIGN_OR_RETURN(const auto right, ValueOf(sides.second, name, options));
  return (left == right) != is_unequal;
}

}  // namespace

absl::StatusOr<bool> Holds(absl::string_view condition, absl::string_view name,
                           const GivenValues& options) {
  if (condition.empty()) return true;
  bool any = false;
  for (const absl::string_view part : absl::StrSplit(condition, " or ")) {
    bool all = true;
    for (const absl::string_view term : absl::StrSplit(part, " and ")) {
      ASSIGN_OR_RETURN(const bool holds, Compare(term, name, options));
      all = all && holds;
    }
    any = any || all;
  }
  return any;
}

}  // namespace mxban
