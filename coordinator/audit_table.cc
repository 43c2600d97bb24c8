#include "coordinator/audit_table.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "coordinator/audit_convert.h"
#include "coordinator/store_rows.h"

namespace mxban {
namespace {

constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

// `source` and every network around it, as they are stored.
std::vector<std::string> Around(const IpNetwork& source) {
  std::vector<std::string> networks;
  for (int length = source.prefix_length(); length >= 0; --length) {
    networks.push_back(source.Widened(length).ToString());
  }
  return networks;
}

}  // namespace

AuditTable::AuditTable(SqliteDatabase& database)
    : database_(database),
      append_(database.Prepare(
          "INSERT INTO audit (time, source, message) VALUES (?, ?, ?)")),
      bound_(database.Prepare(
          "DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?")),
      forget_(database.Prepare("DELETE FROM audit WHERE time < ?")),
      after_(database.Prepare(
          absl::StrCat("SELECT ", kAuditColumns,
                       " FROM audit WHERE id > ? ORDER BY id LIMIT ?"))) {}

absl::Status AuditTable::status() const {
  for (const SqliteStatement* statement :
       {&append_, &bound_, &forget_, &after_}) {
    RETURN_IF_ERROR(statement->status());
  }
  return absl::OkStatus();
}

absl::Status AuditTable::Append(const std::vector<AuditRecord>& records) {
  if (records.empty()) return absl::OkStatus();
  for (const AuditRecord& record : records) {
    const v1::AuditRecord message = AuditRecordToProto(record);
    RETURN_IF_ERROR(append_.Bind(absl::ToUnixMicros(record.time))
                        .Bind(message.source())
                        .Bind(message.SerializeAsString())
                        .Run());
  }
  return bound_.Bind(kMaxAuditRecords).Run();
}

absl::Status AuditTable::ForgetBefore(absl::Time time) {
  return forget_.Bind(absl::ToUnixMicros(time)).Run();
}

absl::StatusOr<std::vector<AuditRecord>> AuditTable::Page(
    const AuditQuery& query) {
  std::vector<std::string> sources;
  if (query.source) sources = Around(*query.source);
  const std::vector<std::string> marks(sources.size(), "?");
  SqliteStatement page = database_.Prepare(absl::StrCat(
      "SELECT ", kAuditColumns, " FROM audit INDEXED BY ",
      sources.empty() ? "audit_by_time" : "audit_by_source",
      " WHERE time BETWEEN ? AND ? AND (time, id) < (?, ?)",
      sources.empty()
          ? ""
          : absl::StrCat(" AND source IN (", absl::StrJoin(marks, ","), ")"),
      " ORDER BY time DESC, id DESC LIMIT ?"));
  const int64_t last_time =
      query.before ? absl::ToUnixMicros(query.before->time) : kLast;
  page.Bind(absl::ToUnixMicros(query.since)).Bind(last_time).Bind(last_time);
  page.Bind(query.before ? static_cast<int64_t>(query.before->id) : kLast);
  for (const std::string& source : sources) page.Bind(source);
  page.Bind(static_cast<int64_t>(query.limit));
  return ReadAll(page, AuditRecordOfRow);
}

absl::StatusOr<std::vector<AuditRecord>> AuditTable::After(uint64_t id,
                                                           size_t limit) {
  after_.Bind(static_cast<int64_t>(id)).Bind(static_cast<int64_t>(limit));
  return ReadAll(after_, AuditRecordOfRow);
}

}  // namespace mxban
