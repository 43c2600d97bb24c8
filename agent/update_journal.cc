#include "agent/update_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"
#include "common/stable_hash.h"
#include "common/status_macros.h"
#include "common/time_convert.h"

namespace mxban {
namespace {

// What stands before each update.
struct RecordHead {
  uint32_t size = 0;
  uint32_t reserved = 0;
  uint64_t hash = 0;
};

// Above what any message of the coordinator has.
constexpr uint32_t kMaxRecord = 64 << 20;

constexpr int kBansPerPart = 5000;

// Reads one update after another.
class Records {
 public:
  explicit Records(const std::string& path) : file_(path, std::ios::binary) {}

  // Nothing at the end, or where a record is torn or damaged.
  std::optional<std::string> Next() {
    RecordHead head;
    if (!Read(reinterpret_cast<char*>(&head), sizeof(head)) ||
        head.size > kMaxRecord) {
      return std::nullopt;
    }
    std::string bytes(head.size, '\0');
    if (!Read(bytes.data(), bytes.size())) return std::nullopt;
    if (StableHash(bytes) != head.hash) {
      is_damaged_ = true;
      return std::nullopt;
    }
    end_ += sizeof(head) + bytes.size();
    return bytes;
  }

  // Where the last whole record ends.
  uint64_t end() const { return end_; }
  bool is_damaged() const { return is_damaged_; }

 private:
  bool Read(char* bytes, size_t size) {
    return size == 0 || file_.read(bytes, static_cast<std::streamsize>(size));
  }

  std::ifstream file_;
  uint64_t end_ = 0;
  bool is_damaged_ = false;
};

bool WriteAll(int file, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

bool IsOver(const v1::StandingBan& ban, absl::Time now) {
  if (!ban.has_expire_time()) return false;
  const absl::StatusOr<absl::Time> end = TimestampFromProto(ban.expire_time());
  return end.ok() && *end <= now;
}

// The bans that a row of updates comes to, by jail and source.
class Folded {
 public:
  void Take(const v1::WatchResponse& update) {
    if (update.has_jails()) return;
    if (update.revision() != 0) {
      revision_ = update.revision();
      history_id_ = update.history_id();
    }
    if (update.has_snapshot() && update.snapshot().first()) bans_.clear();
    for (const v1::LiftedBan& ban : update.delta().lifted()) {
      bans_.erase({ban.jail(), ban.source()});
    }
    for (const auto* bans :
         {&update.snapshot().bans(), &update.delta().imposed()}) {
      for (const v1::StandingBan& ban : *bans) {
        bans_[{ban.jail(), ban.source()}] = ban;
      }
    }
  }

  // Calls `write` with one part of a complete set after another.
  absl::Status Write(
      absl::Time now,
      absl::FunctionRef<absl::Status(const v1::WatchResponse&)> write) {
    v1::WatchResponse part = NewPart(/*first=*/true);
    for (const auto& [key, ban] : bans_) {
      if (IsOver(ban, now)) continue;
      if (part.snapshot().bans_size() == kBansPerPart) {
        RETURN_IF_ERROR(write(std::exchange(part, NewPart(/*first=*/false))));
      }
      *part.mutable_snapshot()->add_bans() = ban;
    }
    part.mutable_snapshot()->set_last(true);
    part.set_revision(revision_);
    return write(part);
  }

 private:
  v1::WatchResponse NewPart(bool first) const {
    v1::WatchResponse part;
    part.set_history_id(history_id_);
    part.mutable_snapshot()->set_first(first);
    return part;
  }

  std::map<std::pair<std::string, std::string>, v1::StandingBan> bans_;
  std::string history_id_;
  uint64_t revision_ = 0;
};

}  // namespace

UpdateJournal::UpdateJournal(std::string path, size_t small)
    : path_(std::move(path)), small_(small) {}

UpdateJournal::~UpdateJournal() {
  if (file_ >= 0) close(file_);
  if (new_file_ >= 0) close(new_file_);
}

absl::Status UpdateJournal::Replay(
    absl::FunctionRef<absl::Status(const v1::WatchResponse&)> visit) {
  Records records(path_);
  absl::Status status;
  while (const std::optional<std::string> bytes = records.Next()) {
    v1::WatchResponse update;
    if (!update.ParseFromString(*bytes)) {
      status = absl::DataLossError(absl::StrCat(path_, " is damaged"));
    } else {
      status = visit(update);
    }
    if (!status.ok()) {
      GiveUp();
      return status;
    }
    if (update.has_jails()) jails_ = *bytes;
  }
  size_ = size_when_new_ = records.end();
  if (size_ == 0) return absl::OkStatus();
  file_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (file_ < 0 || ftruncate(file_, static_cast<off_t>(size_)) != 0 ||
      lseek(file_, 0, SEEK_END) < 0) {
    GiveUp();
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path_, ": ", ErrnoText(errno)));
  }
  if (!records.is_damaged()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path_, " is damaged after ", size_, " bytes"));
}

absl::Status UpdateJournal::Append(const v1::WatchResponse& update,
                                   absl::Time now) {
  switch (update.update_case()) {
    case v1::WatchResponse::kJails: {
      std::string bytes = update.SerializeAsString();
      if (bytes == jails_) return absl::OkStatus();
      jails_ = std::move(bytes);
      if (new_file_ >= 0) RETURN_IF_ERROR(Write(update, Place::kNewFile));
      return Write(update, file_ < 0 ? Place::kNowhere : Place::kFile);
    }
    case v1::WatchResponse::kSnapshot:
      if (update.snapshot().first()) RETURN_IF_ERROR(BeginNewFile());
      if (new_file_ < 0) return absl::OkStatus();
      RETURN_IF_ERROR(Write(update, Place::kNewFile));
      return update.snapshot().last() ? ReplaceFile() : absl::OkStatus();
    case v1::WatchResponse::kDelta:
      if (file_ < 0) return absl::OkStatus();
      RETURN_IF_ERROR(Write(update, Place::kFile));
      // Between the parts of one change there is no set to be written.
      if (update.revision() == 0 ||
          size_ <= std::max<uint64_t>(small_, 2 * size_when_new_)) {
        return absl::OkStatus();
      }
      return WriteAnew(now);
    case v1::WatchResponse::UPDATE_NOT_SET:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status UpdateJournal::Write(const v1::WatchResponse& update,
                                  Place place) {
  if (place == Place::kNowhere) return absl::OkStatus();
  const std::string bytes = update.SerializeAsString();
  const RecordHead head = {static_cast<uint32_t>(bytes.size()), 0,
                           StableHash(bytes)};
  std::string record(reinterpret_cast<const char*>(&head), sizeof(head));
  record += bytes;
  const bool is_new = place == Place::kNewFile;
  if (!WriteAll(is_new ? new_file_ : file_, record)) {
    const int error = errno;
    GiveUp();
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path_, ": ", ErrnoText(error)));
  }
  (is_new ? new_size_ : size_) += record.size();
  return absl::OkStatus();
}

absl::Status UpdateJournal::BeginNewFile() {
  if (new_file_ >= 0) close(new_file_);
  new_size_ = 0;
  new_file_ = open(absl::StrCat(path_, ".new").c_str(),
                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (new_file_ < 0) {
    const int error = errno;
    GiveUp();
    return absl::UnavailableError(
        absl::StrCat("cannot make ", path_, ".new: ", ErrnoText(error)));
  }
  v1::WatchResponse jails;
  if (jails_.empty() || !jails.ParseFromString(jails_)) return absl::OkStatus();
  return Write(jails, Place::kNewFile);
}

// Only what has reached the disk may take the place of what is there.
absl::Status UpdateJournal::ReplaceFile() {
  if (fdatasync(new_file_) != 0 ||
      std::rename(absl::StrCat(path_, ".new").c_str(), path_.c_str()) != 0) {
    const int error = errno;
    GiveUp();
    return absl::UnavailableError(
        absl::StrCat("cannot replace ", path_, ": ", ErrnoText(error)));
  }
  if (file_ >= 0) close(file_);
  file_ = std::exchange(new_file_, -1);
  size_ = size_when_new_ = new_size_;
  return absl::OkStatus();
}

absl::Status UpdateJournal::WriteAnew(absl::Time now) {
  Folded folded;
  Records records(path_);
  while (const std::optional<std::string> bytes = records.Next()) {
    v1::WatchResponse update;
    if (update.ParseFromString(*bytes)) folded.Take(update);
  }
  RETURN_IF_ERROR(BeginNewFile());
  RETURN_IF_ERROR(folded.Write(now, [this](const v1::WatchResponse& part) {
    return Write(part, Place::kNewFile);
  }));
  return ReplaceFile();
}

void UpdateJournal::GiveUp() {
  for (int* file : {&file_, &new_file_}) {
    if (*file >= 0) close(*file);
    *file = -1;
  }
  unlink(path_.c_str());
  unlink(absl::StrCat(path_, ".new").c_str());
}

}  // namespace mxban
