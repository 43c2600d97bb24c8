#include "coordinator/failure_report.h"

#include <algorithm>

#include "common/jail.h"
#include "common/message_fields.h"
#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "coordinator/wire_reader.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

// The fields of the messages; see proto/mxban/v1/agent_service.proto.
enum RequestField { kJail = 1, kLogId = 2, kFailures = 3, kRightLogins = 4 };
enum ToldField { kSource = 1, kTime = 2, kEndOffset = 3 };
enum FailureField { kEvidence = 4, kUser = 5 };
enum LoginField { kLoginUser = 4 };
enum TimestampField { kSeconds = 1, kNanos = 2 };

// More memory is given back.
constexpr size_t kKeptBytes = 64 << 10;

template <typename Container>
void Empty(Container& container) {
  if (container.capacity() * sizeof(container[0]) > kKeptBytes) {
    Container().swap(container);
  } else {
    container.clear();
  }
}

absl::Status NoMessage() { return WrongField("message", "is none"); }

// What failures and right logins have in common.
struct Told {
  absl::string_view source;
  bool has_time = false;
  int64_t seconds = 0;
  int32_t nanos = 0;
  uint64_t end_offset = 0;
};

bool ReadTime(absl::string_view bytes, Told& told) {
  told.has_time = true;
  WireReader fields(bytes);
  while (fields.Next()) {
    if (fields.IsNumber(kSeconds)) {
      told.seconds = static_cast<int64_t>(fields.number());
    } else if (fields.IsNumber(kNanos)) {
      told.nanos = static_cast<int32_t>(fields.number());
    }
  }
  return fields.is_sound();
}

// Takes the field that `fields` is at, if it is one of these. False if that is
// not in form.
bool Take(const WireReader& fields, Told& told) {
  if (fields.IsBytes(kSource)) {
    told.source = fields.bytes();
  } else if (fields.IsNumber(kEndOffset)) {
    told.end_offset = fields.number();
  } else if (fields.IsBytes(kTime)) {
    return ReadTime(fields.bytes(), told);
  }
  return true;
}

// The offset of one that comes behind those of `before`.
template <typename Ones>
absl::StatusOr<uint64_t> OffsetBehind(const Ones& before, const Told& told,
                                      absl::string_view field) {
  const uint64_t newest = before.empty() ? 0 : before.back().end_offset;
  if (told.end_offset < newest || told.end_offset > INT64_MAX) {
    return WrongField(field, "not in the order of lines");
  }
  return told.end_offset;
}

}  // namespace

void FailureReport::Clear() {
  Empty(message_);
  Empty(failures_);
  Empty(right_logins_);
  made_printable_.clear();
  jail_.clear();
  log_id_.clear();
}

size_t FailureReport::CountTold() const {
  size_t count = 0;
  WireReader fields(message_);
  while (fields.Next()) {
    count += fields.IsBytes(kFailures) || fields.IsBytes(kRightLogins) ? 1 : 0;
  }
  return count;
}

absl::Status FailureReport::Parse() {
  absl::string_view jail, log_id;
  WireReader fields(message_);
  while (fields.Next()) {
    if (fields.IsBytes(kFailures)) {
      RETURN_IF_ERROR(ParseFailure(fields.bytes()));
    } else if (fields.IsBytes(kRightLogins)) {
      RETURN_IF_ERROR(ParseLogin(fields.bytes()));
    } else if (fields.IsBytes(kJail)) {
      jail = fields.bytes();
    } else if (fields.IsBytes(kLogId)) {
      log_id = fields.bytes();
    }
  }
  if (!fields.is_sound()) return NoMessage();
  RETURN_IF_ERROR(ParseName(jail, "jail", kMaxJailName, jail_));
  return ParseName(log_id, "log_id", kMaxLogId, log_id_);
}

uint64_t FailureReport::end_offset() const {
  uint64_t end = 0;
  if (!failures_.empty()) end = failures_.back().end_offset;
  if (!right_logins_.empty()) {
    end = std::max(end, right_logins_.back().end_offset);
  }
  return end;
}

absl::Status FailureReport::ParseName(absl::string_view text,
                                      absl::string_view field, size_t max_size,
                                      std::string& name) {
  if (text.empty() || text.size() > max_size) {
    return WrongField(field, "empty or too long");
  }
  if (!IsUtf8(text)) return WrongField(field, "not UTF-8");
  name.assign(text.data(), text.size());
  return absl::OkStatus();
}

absl::Status FailureReport::ParseFailure(absl::string_view bytes) {
  if (failures_.size() == kMaxFailuresPerBatch) {
    return WrongField("failures", "too many for one batch");
  }
  Told told;
  absl::string_view evidence, user;
  WireReader fields(bytes);
  while (fields.Next()) {
    if (fields.IsBytes(kEvidence)) {
      evidence = fields.bytes();
    } else if (fields.IsBytes(kUser)) {
      user = fields.bytes();
    } else if (!Take(fields, told)) {
      return NoMessage();
    }
  }
  if (!fields.is_sound()) return NoMessage();
  ReportedFailure failure;
  ASSIGN_OR_RETURN(failure.source, IpNetwork::Parse(told.source));
  if (!MayBeCounted(failure.source)) {
    return WrongField("failures.source", "too wide a network");
  }
  ASSIGN_OR_RETURN(failure.time, TimeOfStamp(told.seconds, told.nanos));
  ASSIGN_OR_RETURN(failure.end_offset,
                   OffsetBehind(failures_, told, "failures.end_offset"));
  failure.evidence = Printable(evidence, kMaxEvidenceText);
  failure.user = Printable(user, kMaxUser);
  failures_.push_back(failure);
  return absl::OkStatus();
}

absl::Status FailureReport::ParseLogin(absl::string_view bytes) {
  if (right_logins_.size() == kMaxFailuresPerBatch) {
    return WrongField("right_logins", "too many for one batch");
  }
  Told told;
  absl::string_view user;
  WireReader fields(bytes);
  while (fields.Next()) {
    if (fields.IsBytes(kLoginUser)) {
      user = fields.bytes();
    } else if (!Take(fields, told)) {
      return NoMessage();
    }
  }
  if (!fields.is_sound()) return NoMessage();
  RightLogin login;
  ASSIGN_OR_RETURN(login.source, IpNetwork::Parse(told.source));
  if (!login.source.is_address()) {
    return WrongField("right_logins.source", "no address");
  }
  if (!told.has_time) return WrongField("right_logins.login_time", "unset");
  ASSIGN_OR_RETURN(login.time, TimeOfStamp(told.seconds, told.nanos));
  ASSIGN_OR_RETURN(login.end_offset, OffsetBehind(right_logins_, told,
                                                  "right_logins.end_offset"));
  login.user = PrintableText(user, kMaxUser);
  if (login.user.empty()) return WrongField("right_logins.user", "empty");
  right_logins_.push_back(std::move(login));
  return absl::OkStatus();
}

absl::string_view FailureReport::Printable(absl::string_view text,
                                           size_t max_size) {
  if (IsPrintable(text)) return text.substr(0, max_size);
  return made_printable_.emplace_back(PrintableText(text, max_size));
}

}  // namespace mxban
