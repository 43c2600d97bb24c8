#include "coordinator/audit_convert.h"

#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr size_t kLongestText = 1'000;

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

}  // namespace mxban
