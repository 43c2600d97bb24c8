#include "coordinator/store_rows.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/jail.h"
#include "common/last_time.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "coordinator/audit_convert.h"
#include "coordinator/rail_convert.h"

namespace mxban {
namespace {

absl::Status NotReadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("store: ", what, " is not readable"));
}

// Sources are stored as canonical text.
absl::StatusOr<BanKey> KeyOf(absl::string_view jail, absl::string_view source) {
  const absl::StatusOr<IpNetwork> network = IpNetwork::Parse(source);
  if (jail.empty() || jail.size() > kMaxJailName || !network.ok() ||
      network->ToString() != source) {
    return NotReadable("a source");
  }
  return BanKey{std::string(jail), *network};
}

absl::StatusOr<absl::Time> TimeOf(int64_t micros) {
  static const absl::Time kLastTime = absl::FromUnixSeconds(kLastTimestamp);
  const absl::Time time = absl::FromUnixMicros(micros);
  if (micros <= 0 || time > kLastTime) return NotReadable("a time");
  return time;
}

// Reads a whole message, with `from_proto` as its judge.
template <typename Message, typename Value>
absl::StatusOr<Value> MessageOf(
    absl::string_view bytes, absl::string_view what,
    absl::StatusOr<Value> (*from_proto)(const Message&)) {
  Message message;
  if (!message.ParseFromString(std::string(bytes))) return NotReadable(what);
  absl::StatusOr<Value> value = from_proto(message);
  if (!value.ok()) return NotReadable(what);
  return value;
}

}  // namespace

absl::StatusOr<Ban> BanOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const BanKey key, KeyOf(row.Blob(0), row.Blob(1)));
  v1::Ban message;
  if (!message.ParseFromString(std::string(row.Blob(2)))) {
    return NotReadable("a ban");
  }
  absl::StatusOr<Ban> ban = BanFromProto(message);
  if (!ban.ok() || ban->key != key) return NotReadable("a ban");
  return ban;
}

absl::StatusOr<StoredFailure> FailureOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const BanKey key, KeyOf(row.Blob(0), row.Blob(1)));
  ASSIGN_OR_RETURN(const absl::Time time, TimeOf(row.Int(2)));
  if (row.Blob(5).size() > kMaxUser) return NotReadable("a user");
  return StoredFailure{key, time, std::string(row.Blob(3)),
                       std::string(row.Blob(4)), std::string(row.Blob(5))};
}

absl::StatusOr<StoredLogin> LoginOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const BanKey key, KeyOf(row.Blob(0), row.Blob(1)));
  ASSIGN_OR_RETURN(const absl::Time time, TimeOf(row.Int(3)));
  const std::string user(row.Blob(2));
  if (user.empty() || user.size() > kMaxUser) return NotReadable("a user");
  return StoredLogin{key, user, time};
}

absl::StatusOr<LogProgress> ProgressOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const absl::Time time, TimeOf(row.Int(4)));
  if (row.Blob(1).empty() || row.Blob(2).empty() || row.Int(3) < 0) {
    return NotReadable("a position");
  }
  return LogProgress{std::string(row.Blob(0)), std::string(row.Blob(1)),
                     std::string(row.Blob(2)),
                     static_cast<uint64_t>(row.Int(3)), time};
}

absl::StatusOr<Pardon> PardonOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const BanKey key, KeyOf(row.Blob(0), row.Blob(1)));
  ASSIGN_OR_RETURN(const absl::Time time, TimeOf(row.Int(2)));
  return Pardon{key, time};
}

absl::StatusOr<HeldBan> HeldBanOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(const BanKey key, KeyOf(row.Blob(0), row.Blob(1)));
  ASSIGN_OR_RETURN(HeldBan held,
                   MessageOf(row.Blob(2), "a held ban", HeldBanFromProto));
  if (held.ban.key != key) return NotReadable("a held ban");
  return held;
}

absl::StatusOr<AllowedSource> AllowedSourceOfRow(const SqliteStatement& row) {
  ASSIGN_OR_RETURN(
      AllowedSource allowed,
      MessageOf(row.Blob(1), "an allowed source", AllowedSourceFromProto));
  if (allowed.source != row.Blob(0)) return NotReadable("an allowed source");
  return allowed;
}

absl::StatusOr<Pause> PauseOfRow(const SqliteStatement& row) {
  return MessageOf(row.Blob(0), "the pause", PauseFromProto);
}

absl::StatusOr<BanKey> BanCountOfRow(const SqliteStatement& row) {
  // A time without end is that of a ban for ever.
  if (row.Int(2) < 1 || row.Int(2) > UINT32_MAX || row.Int(3) <= 0) {
    return NotReadable("a count of bans");
  }
  return KeyOf(row.Blob(0), row.Blob(1));
}

absl::StatusOr<AuditRecord> AuditRecordOfRow(const SqliteStatement& row) {
  v1::AuditRecord message;
  if (row.Int(0) < 1 || !message.ParseFromString(std::string(row.Blob(3)))) {
    return NotReadable("an audit record");
  }
  absl::StatusOr<AuditRecord> record = AuditRecordFromProto(message);
  if (!record.ok() || record->source != row.Blob(2)) {
    return NotReadable("an audit record");
  }
  ASSIGN_OR_RETURN(record->time, TimeOf(row.Int(1)));
  record->id = static_cast<uint64_t>(row.Int(0));
  return record;
}

}  // namespace mxban
