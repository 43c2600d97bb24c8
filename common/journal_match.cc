#include "common/journal_match.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::Utf8SafeCHexEscape(text.substr(0, 80)), "' ", what));
}

// Takes a word off the front of `rest`, its quotes off the word.
absl::StatusOr<std::string> TakeWord(absl::string_view& rest) {
  const absl::string_view whole = rest;
  std::string word;
  while (!rest.empty() && !absl::ascii_isspace(rest[0])) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"' || c == '\'') {
      const size_t end = rest.find(c);
      if (end == absl::string_view::npos) {
        return Malformed(whole, "lacks a closing quote");
      }
      absl::StrAppend(&word, rest.substr(0, end));
      rest.remove_prefix(end + 1);
    } else if (c == '\\' && !rest.empty()) {
      word += rest[0];
      rest.remove_prefix(1);
    } else {
      word += c;
    }
  }
  return word;
}

// `_SYSTEMD_UNIT=sshd.service`; the journal's fields are in capitals, and those
// with two underscores in front cannot be asked for.
bool IsFieldMatch(absl::string_view word) {
  const absl::string_view field = word.substr(0, word.find('='));
  return field.size() < word.size() && !field.empty() &&
         !absl::StartsWith(field, "__") && absl::c_all_of(field, [](char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

}  // namespace

absl::StatusOr<JournalMatch> ParseJournalMatch(absl::string_view line) {
  JournalMatch match(1);
  for (absl::string_view rest = absl::StripLeadingAsciiWhitespace(line);
       !rest.empty(); rest = absl::StripLeadingAsciiWhitespace(rest)) {
    ASSIGN_OR_RETURN(std::string word, TakeWord(rest));
    if (word == "+" && !match.back().empty()) {
      match.emplace_back();
    } else if (IsFieldMatch(word)) {
      match.back().push_back(std::move(word));
    } else {
      return Malformed(word, "is no FIELD=value");
    }
  }
  if (match.back().empty()) return Malformed(line, "ends in +");
  return match;
}

}  // namespace mxban
