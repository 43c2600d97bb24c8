#include "filter/date_pattern.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether a number like the one in `audit(1700000000.123:456)` follows.
bool IsAuditSerial(absl::string_view rest) {
  size_t length = 1;
  while (length < rest.size() && IsDigit(rest[length])) ++length;
  return length > 1 && length < rest.size() && rest.front() == ':' &&
         rest[length] == ')';
}

// Seconds since 1970 at `position`, which must be followed by what `follows`
// accepts.
template <typename Follows>
std::optional<DatePattern::Stamp> EpochAt(absl::string_view line,
                                          size_t position, Follows follows) {
  int64_t seconds;
  const size_t length = ParseEpochStamp(line.substr(position), seconds);
  if (length == 0 || !follows(line.substr(position + length))) {
    return std::nullopt;
  }
  return DatePattern::Stamp{.begin = position,
                            .end = position + length,
                            .kind = DatePattern::Kind::kEpoch,
                            .time = absl::FromUnixSeconds(seconds)};
}

std::optional<DatePattern::Stamp> EpochAtBegin(absl::string_view line) {
  if (absl::StartsWith(line, "[")) {
    return EpochAt(line, 1, [](absl::string_view rest) {
      return absl::StartsWith(rest, "]");
    });
  }
  return EpochAt(line, 0, [](absl::string_view) { return true; });
}

std::optional<DatePattern::Stamp> EpochOfAudit(absl::string_view line) {
  constexpr absl::string_view kAudit = "audit(";
  for (size_t at = line.find(kAudit); at != absl::string_view::npos;
       at = line.find(kAudit, at + 1)) {
    if (at > 0 && IsWordCharacter(line[at - 1])) continue;
    const auto stamp = EpochAt(line, at + kAudit.size(), IsAuditSerial);
    if (stamp) return stamp;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<DatePattern> DatePattern::Compile(
    const std::vector<std::string>& patterns, absl::TimeZone zone) {
  DatePattern compiled(zone);
  for (const std::string& pattern : patterns) {
    const std::optional<Search> search = SearchOf(pattern);
    if (!search) {
      return absl::InvalidArgumentError(absl::StrCat(
          "datepattern '", absl::Utf8SafeCHexEscape(pattern),
          "' is not supported yet; known are {^LN-BEG}, {DEFAULT}, EPOCH and "
          "{NONE}"));
    }
    compiled.searches_.push_back(*search);
  }
  if (patterns.empty()) compiled.searches_.push_back(*SearchOf("{DEFAULT}"));
  return compiled;
}

std::optional<DatePattern::Search> DatePattern::SearchOf(
    absl::string_view pattern) {
  const std::string upper = absl::AsciiStrToUpper(pattern);
  if (upper == "{DEFAULT}") {
    return Search{
        .at_begin = true, .anywhere = true, .dates = true, .epoch = true};
  }
  if (upper == "{^LN-BEG}") {
    return Search{.at_begin = true, .dates = true, .epoch = true};
  }
  if (upper == "EPOCH") {
    return Search{.at_begin = true, .anywhere = true, .epoch = true};
  }
  if (upper == "{^LN-BEG}EPOCH" || upper == "^EPOCH") {
    return Search{.at_begin = true, .epoch = true};
  }
  if (upper == "{NONE}") return Search{};
  return std::nullopt;
}

absl::string_view DatePattern::NameOf(Kind kind) {
  switch (kind) {
    case Kind::kIso:
      return "Year-Month-Day Hour:Minute:Second (ISO 8601)";
    case Kind::kSyslog:
      return "Month Day Hour:Minute:Second (RFC 3164)";
    case Kind::kEpoch:
      return "Seconds since 1970";
  }
  return "";
}

std::optional<DatePattern::Stamp> DatePattern::Find(absl::string_view line,
                                                    absl::Time now) {
  Adopt(now);
  for (const Search& search : searches_) {
    std::optional<Stamp> stamp;
    if (search.at_begin) stamp = FindAtBegin(search, line);
    if (!stamp && search.anywhere) stamp = FindAnywhere(search, line);
    if (stamp) return stamp;
  }
  return std::nullopt;
}

// Takes over what depends on the present: the year, and how far years go.
void DatePattern::Adopt(absl::Time now) {
  now_ = now;
  const int64_t minute = absl::ToUnixSeconds(now) / 60;
  if (minute == now_minute_ && this_year_ != 0) return;
  now_minute_ = minute;
  this_year_ = static_cast<int>(zone_.At(now).cs.year());
  // Stamps are of this decade or earlier; a replay of old logs, with an old
  // now, still knows the years that the program has seen.
  last_year_ = std::max((this_year_ + 3) / 10 * 10 + 9, 2029);
}

std::optional<DatePattern::Stamp> DatePattern::FindAtBegin(
    const Search& search, absl::string_view line) {
  if (search.dates) {
    const size_t most = std::min<size_t>(2, line.size());
    for (size_t position = 0; position <= most; ++position) {
      const auto stamp = FindDateAt(line, position);
      if (stamp) return stamp;
      if (position < most && IsWordCharacter(line[position])) break;
    }
  }
  return search.epoch ? EpochAtBegin(line) : std::nullopt;
}

std::optional<DatePattern::Stamp> DatePattern::FindAnywhere(
    const Search& search, absl::string_view line) {
  const auto audit = search.epoch ? EpochOfAudit(line) : std::nullopt;
  if (!search.dates) return audit;
  const size_t end = audit ? audit->begin : line.size();
  for (size_t position = 0; position < end; ++position) {
    if (position > 0 && IsWordCharacter(line[position - 1])) continue;
    const auto stamp = FindDateAt(line, position);
    if (stamp) return stamp;
  }
  return audit;
}

std::optional<DatePattern::Stamp> DatePattern::FindDateAt(
    absl::string_view line, size_t position) {
  if (position >= line.size()) return std::nullopt;
  const absl::string_view text = line.substr(position);
  StampFields fields;
  const bool is_iso = text.front() == '2';
  if (!is_iso && !absl::ascii_isalpha(text.front())) return std::nullopt;
  const size_t length = is_iso ? ParseIsoStamp(text, last_year_, fields)
                               : ParseSyslogStamp(text, last_year_, fields);
  if (length == 0) return std::nullopt;
  return Stamp{.begin = position,
               .end = position + length,
               .kind = is_iso ? Kind::kIso : Kind::kSyslog,
               .time = TimeOf(fields)};
}

std::optional<absl::Time> DatePattern::TimeOf(StampFields fields) {
  if (fields.has_zone) {
    const absl::CivilMinute civil(fields.year, fields.month, fields.day,
                                  fields.hour, fields.minute);
    if (civil.day() != fields.day || fields.hour > 23) return std::nullopt;
    return absl::FromCivil(civil, absl::UTCTimeZone()) -
           absl::Minutes(fields.zone_minutes) + absl::Seconds(fields.second);
  }
  if (fields.year != 0) return TimeInYear(fields, fields.year);
  const std::optional<absl::Time> time = TimeInYear(fields, this_year_);
  if (time && *time <= now_ + absl::Hours(24)) return time;
  return TimeInYear(fields, this_year_ - 1);
}

std::optional<absl::Time> DatePattern::TimeInYear(const StampFields& fields,
                                                  int year) {
  const absl::CivilMinute civil(year, fields.month, fields.day, fields.hour,
                                fields.minute);
  if (civil.day() != fields.day || fields.hour > 23) return std::nullopt;
  Minute& last = minutes_[year & 1];
  if (last.time == absl::InfinitePast() || last.civil != civil) {
    last = {.civil = civil, .time = absl::FromCivil(civil, zone_)};
  }
  return last.time + absl::Seconds(fields.second);
}

}  // namespace mxban
