#include "coordinator/option_value.h"

#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/journal_match.h"
#include "common/status_macros.h"
#include "filter/duration.h"
#include "filter/zone_name.h"

namespace mxban {
namespace {

constexpr size_t kMaxTimeZone = 64;

// What `bantime.formula` is unless it is given, without blanks.
constexpr absl::string_view kFormula =
    "ban.Time*(1<<(ban.Countifban.Count<20else20))*banFactor";

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::Utf8SafeCHexEscape(text.substr(0, 80)), "' ", what));
}

}  // namespace

absl::StatusOr<bool> ParseBoolean(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(text);
  for (const absl::string_view yes : {"true", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const absl::string_view no : {"false", "no", "off", "0", ""}) {
    if (word == no) return false;
  }
  return Malformed(text, "is neither true nor false");
}

absl::StatusOr<uint32_t> ParseMaxRetry(absl::string_view text) {
  uint32_t number;
  if (!absl::SimpleAtoi(text, &number)) {
    return Malformed(text, "is not a number of failures");
  }
  return number == 0 ? 1 : number;
}

absl::StatusOr<uint32_t> ParseMinServers(absl::string_view text) {
  uint32_t number;
  if (!absl::SimpleAtoi(text, &number) || number == 0) {
    return Malformed(text, "is not a number of servers, at least 1");
  }
  return number;
}

absl::StatusOr<uint32_t> ParseMaxBanRate(absl::string_view text) {
  uint32_t number;
  if (!absl::SimpleAtoi(text, &number)) {
    return Malformed(text, "is not a number of bans a minute");
  }
  return number;
}

absl::StatusOr<absl::Duration> ParseLength(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(text));
  if (duration > absl::ZeroDuration()) return duration;
  return Malformed(text, "is not longer than nothing");
}

absl::StatusOr<absl::Duration> ParseBanTime(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(text));
  if (duration == absl::Seconds(-1)) return absl::InfiniteDuration();
  if (duration > absl::ZeroDuration()) return duration;
  return Malformed(text, "is neither -1, for ever, nor longer than nothing");
}

absl::StatusOr<absl::Duration> ParseMaxTime(absl::string_view text) {
  if (text.empty()) return absl::InfiniteDuration();
  return ParseLength(text);
}

absl::StatusOr<absl::Duration> ParseRandomTime(absl::string_view text) {
  if (text.empty()) return absl::ZeroDuration();
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(text));
  if (duration >= absl::ZeroDuration()) return duration;
  return Malformed(text, "is shorter than nothing");
}

absl::StatusOr<int> ParseIpv6Prefix(absl::string_view text) {
  int length;
  if (absl::SimpleAtoi(text, &length) && length >= 48 && length <= 128) {
    return length;
  }
  return Malformed(text, "is no prefix length from 48 to 128");
}

absl::StatusOr<double> ParseFactor(absl::string_view text) {
  double factor;
  if (absl::SimpleAtod(text, &factor) && std::isfinite(factor) && factor > 0) {
    return factor;
  }
  return Malformed(text, "is no number above 0");
}

absl::StatusOr<double> ParseShare(absl::string_view text) {
  absl::string_view number = text;
  const double whole = absl::ConsumeSuffix(&number, "%") ? 100 : 1;
  double share;
  if (absl::SimpleAtod(number, &share) && share >= 0 && share <= whole) {
    return share / whole;
  }
  return Malformed(text, "is no share, as 0.05 or 5% is");
}

absl::StatusOr<std::vector<double>> ParseMultipliers(absl::string_view text) {
  std::vector<double> multipliers;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(const double multiplier, ParseFactor(word));
    multipliers.push_back(multiplier);
  }
  return multipliers;
}

absl::Status CheckFormula(absl::string_view text) {
  const std::string formula =
      absl::StrReplaceAll(text, {{" ", ""}, {"\t", ""}, {"\n", ""}});
  if (formula.empty() || formula == kFormula) return absl::OkStatus();
  return Malformed(
      text,
      "is not evaluated: it is Python. Leave it out for Fail2Ban's "
      "own formula, or use bantime.multipliers");
}

absl::StatusOr<std::string> ParseTimeZoneName(absl::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() > kMaxTimeZone ||
      !absl::c_all_of(text, absl::ascii_isprint)) {
    return Malformed(text, "names no time zone");
  }
  RETURN_IF_ERROR(ParseLogTimeZone(text).status());
  return std::string(text);
}

absl::StatusOr<LogPaths> ParseLogPaths(absl::string_view text) {
  LogPaths paths;
  for (absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    absl::string_view glob = line;
    if (absl::ConsumeSuffix(&glob, " head") ||
        absl::ConsumeSuffix(&glob, " tail")) {
      paths.with_position.push_back(std::string(line));
    }
    glob = absl::StripAsciiWhitespace(glob);
    if (!absl::StartsWith(glob, "/")) {
      return Malformed(line, "is no absolute path");
    }
    paths.globs.push_back(std::string(glob));
  }
  return paths;
}

absl::StatusOr<std::vector<std::string>> ParseJournalMatches(
    absl::string_view text) {
  std::vector<std::string> matches;
  for (absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    line = absl::StripAsciiWhitespace(line);
    RETURN_IF_ERROR(ParseJournalMatch(line).status());
    matches.push_back(std::string(line));
  }
  return matches;
}

bool IsOff(absl::string_view option, absl::string_view text) {
  if (option == "ignorecommand") return text.empty();
  const absl::StatusOr<bool> is_on = ParseBoolean(text);
  return is_on.ok() && !*is_on;
}

}  // namespace mxban
