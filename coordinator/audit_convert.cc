#include "coordinator/audit_convert.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/printable_text.h"
#include "common/status_macros.h"
#include "common/time_convert.h"

namespace mxban {
namespace {

constexpr size_t kLongestText = 1'000;

// A page token is the place of the last record: `MICROSECONDS ID`.
absl::StatusOr<AuditQuery::Place> PlaceOfToken(const std::string& token) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(token, ' ');
  int64_t micros;
  AuditQuery::Place place;
  if (!absl::SimpleAtoi(parts.first, &micros) ||
      !absl::SimpleAtoi(parts.second, &place.id) || place.id > INT64_MAX) {
    return absl::InvalidArgumentError("page_token: not one of ours");
  }
  place.time = absl::FromUnixMicros(micros);
  return place;
}

}  // namespace

v1::AuditRecord AuditRecordToProto(const AuditRecord& record) {
  v1::AuditRecord message;
  message.set_id(record.id);
  *message.mutable_record_time() = TimestampToProto(record.time);
  message.set_who(PrintableText(record.who, kLongestText));
  message.set_action(PrintableText(record.action, kLongestText));
  message.set_jail(PrintableText(record.jail, kLongestText));
  message.set_source(PrintableText(record.source, kLongestText));
  message.set_reason(PrintableText(record.reason, kLongestText));
  return message;
}

absl::StatusOr<AuditRecord> AuditRecordFromProto(
    const v1::AuditRecord& message) {
  AuditRecord record;
  ASSIGN_OR_RETURN(record.time, TimestampFromProto(message.record_time()));
  record.who = message.who();
  record.action = message.action();
  record.jail = message.jail();
  record.source = message.source();
  record.reason = message.reason();
  record.id = message.id();
  return record;
}

absl::StatusOr<AuditQuery> AuditQueryFromProto(
    const v1::ListAuditRecordsRequest& message) {
  AuditQuery query;
  if (!message.source().empty()) {
    ASSIGN_OR_RETURN(query.source, IpNetwork::Parse(message.source()));
  }
  if (message.has_since()) {
    ASSIGN_OR_RETURN(query.since, TimestampFromProto(message.since()));
  }
  if (!message.page_token().empty()) {
    ASSIGN_OR_RETURN(query.before, PlaceOfToken(message.page_token()));
  }
  return query;
}

std::string AuditTokenOf(const AuditRecord& last) {
  return absl::StrCat(absl::ToUnixMicros(last.time), " ", last.id);
}

}  // namespace mxban
