#include "coordinator/audit_line.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

constexpr char kId[] = "\",\"id\":";

// REQUIRES: `text` is printable, as everything in a store is.
std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

}  // namespace

std::string AuditLine(const std::string& history_id,
                      const AuditRecord& record) {
  return absl::StrCat(
      kAuditLineStart, history_id, kId, record.id, ",\"time\":\"",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", record.time,
                       absl::UTCTimeZone()),
      "\",\"who\":", Quoted(record.who), ",\"action\":", Quoted(record.action),
      ",\"jail\":", Quoted(record.jail), ",\"source\":", Quoted(record.source),
      ",\"reason\":", Quoted(record.reason), "}");
}

std::optional<AuditPlace> PlaceOfAuditLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kAuditLineStart) ||
      !absl::EndsWith(line, "}")) {
    return std::nullopt;
  }
  const size_t end_of_history = line.find(kId);
  if (end_of_history == absl::string_view::npos) return std::nullopt;
  AuditPlace place = {std::string(line.substr(0, end_of_history))};
  line.remove_prefix(end_of_history + sizeof(kId) - 1);
  if (!absl::SimpleAtoi(line.substr(0, std::min(line.find(','), line.size())),
                        &place.id)) {
    return std::nullopt;
  }
  return place;
}

}  // namespace mxban
