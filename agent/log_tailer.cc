#include "agent/log_tailer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/rotated_logs.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr size_t kReadBytes = 256 * 1024;

}  // namespace

LogTailer::LogTailer(std::string path, Guide& guide)
    : path_(std::move(path)), guide_(guide), lines_(kReadBytes) {}

bool LogTailer::Poll(Sink sink, BlockSink block_sink) {
  if (log_ != nullptr && WasTruncated()) {
    truncated_ = log_id_;
    Close();
  }
  while (log_ != nullptr || OpenNext()) {
    if (!Drain(sink, block_sink)) return false;
    if (!IsOver()) return true;
    // What was written before the writer turned to the next one.
    if (!Drain(sink, block_sink)) return false;
    finished_[log_id_] = log_->size() ? lines_.end() : 0;
    Close();
  }
  return true;
}

bool LogTailer::OpenNext() {
  // This one first: once it has a line nothing is added to the rotated ones.
  std::unique_ptr<LogFile> current = LogFile::Open(path_);
  std::vector<Candidate> rotated = FindRotated();
  const LogIdentity identity = Name(rotated, current.get());
  for (Candidate& candidate : rotated) {
    if (!candidate.log_id.empty() && OpenRotated(candidate)) return true;
  }
  TellIfForbidden();
  if (current == nullptr) return false;
  OpenCurrent(std::move(current), identity);
  return true;
}

void LogTailer::TellIfForbidden() {
  const bool was_forbidden = is_forbidden_;
  is_forbidden_ = faccessat(AT_FDCWD, path_.c_str(), R_OK, AT_EACCESS) != 0 &&
                  errno == EACCES;
  if (is_forbidden_ && !was_forbidden) {
    spdlog::error(
        "{} cannot be read: permission denied; --user and --groups "
        "say who we are",
        path_);
  }
}

std::vector<LogTailer::Candidate> LogTailer::FindRotated() const {
  const absl::Time oldest = guide_.Oldest();
  std::vector<Candidate> candidates;
  for (const RotatedLog& rotated : RotatedLogs(path_)) {
    std::unique_ptr<LogFile> log = LogFile::Open(rotated.path);
    if (log == nullptr) continue;
    candidates.push_back({std::move(log), "", rotated.written >= oldest});
  }
  return candidates;
}

LogIdentity LogTailer::Name(std::vector<Candidate>& rotated,
                            const LogFile* current) {
  const std::vector<std::string> known = guide_.KnownLogs();
  const std::vector<LogIdentity> present = Present(rotated, current);
  has_looked_ = true;
  logs_found_.clear();
  for (Candidate& candidate : rotated) {
    const LogIdentity& file = candidate.log->identity();
    const std::string log_id = Recognise(file, known, present).ToString();
    // A copy that is being made, of the log that is about to be truncated.
    const bool is_half_copy = current != nullptr && log_id == file.ToString() &&
                              file.first_line == current->identity().first_line;
    if (is_half_copy) continue;
    candidate.log_id = log_id;
    logs_found_.insert(log_id);
  }
  std::erase_if(finished_, [this](const auto& finished) {
    return !logs_found_.contains(finished.first);
  });
  if (current == nullptr) return {};
  const LogIdentity identity = Recognise(current->identity(), known, present);
  logs_found_.insert(identity.ToString());
  return identity;
}

std::vector<LogIdentity> LogTailer::Present(
    const std::vector<Candidate>& rotated, const LogFile* current) const {
  std::vector<LogIdentity> present;
  if (current != nullptr) present.push_back(current->identity());
  for (const Candidate& candidate : rotated) {
    present.push_back(candidate.log->identity());
  }
  for (const std::string& name : guide_.LogsElsewhere()) {
    if (const auto log = LogIdentity::Parse(name)) present.push_back(*log);
  }
  return present;
}

bool LogTailer::OpenRotated(Candidate& candidate) {
  if (!candidate.can_count) return false;
  const uint64_t start = guide_.StartOffset(candidate.log_id, *candidate.log);
  if (IsDone(*candidate.log, candidate.log_id, start)) return false;
  is_rotated_ = true;
  Adopt(std::move(candidate.log), candidate.log_id, start);
  return true;
}

void LogTailer::OpenCurrent(std::unique_ptr<LogFile> current,
                            LogIdentity identity) {
  uint64_t start = guide_.StartOffset(identity.ToString(), *current);
  // Begun anew with the same line: cut before our eyes, or a position behind
  // the end tells it.
  if (identity.ToString() == truncated_ ||
      start > current->size().value_or(start)) {
    ++identity.generation;
    start = guide_.StartOffset(identity.ToString(), *current);
  }
  truncated_.clear();
  is_rotated_ = false;
  logs_found_.insert(identity.ToString());
  Adopt(std::move(current), identity.ToString(), start);
}

bool LogTailer::IsDone(const LogFile& log, const std::string& log_id,
                       uint64_t start) const {
  const uint64_t end = log.size().value_or(0);
  const auto finished = finished_.find(log_id);
  if (finished != finished_.end() && finished->second == end) return true;
  return log.size() && start >= end;
}

void LogTailer::Adopt(std::unique_ptr<LogFile> log, std::string log_id,
                      uint64_t start) {
  log_ = std::move(log);
  log_id_ = std::move(log_id);
  lines_.Reset(start);
  tail_.resize(std::min<uint64_t>(start, kTailBytes));
  tail_.resize(log_->ReadAt(start - tail_.size(), tail_.data(), tail_.size()));
  guide_.TurnTo(log_id_);
}

void LogTailer::Close() {
  log_.reset();
  log_id_.clear();
  lines_.Reset(0);
}

// Whether nothing more will be written to the log that is open.
bool LogTailer::IsOver() const {
  if (is_rotated_) return true;
  return !log_->IsAt(path_) && LogFile::Open(path_) != nullptr;
}

bool LogTailer::WasTruncated() {
  const std::optional<uint64_t> size = log_->size();
  if (!size) return false;
  // A log cut to nothing may have grown past our position since.
  return *size < lines_.end() || !HoldsWhatWasRead() || !log_->BeginsAsBefore();
}

bool LogTailer::HoldsWhatWasRead() {
  char there[kTailBytes];
  const size_t size =
      log_->ReadAt(lines_.end() - tail_.size(), there, tail_.size());
  return absl::string_view(there, size) == tail_;
}

bool LogTailer::Drain(Sink sink, BlockSink block_sink) {
  do {
    if (!lines_.Deliver(sink, block_sink)) return false;
  } while (Fill());
  return true;
}

bool LogTailer::Fill() {
  const uint64_t from = lines_.end();
  const ssize_t taken = lines_.Fill([&](char* data, size_t room) {
    const size_t size = log_->ReadAt(from, data, room);
    const size_t kept = std::min(size, kTailBytes);
    tail_.append(data + size - kept, kept);
    return static_cast<ssize_t>(size);
  });
  tail_.erase(0, tail_.size() - std::min(tail_.size(), kTailBytes));
  return taken > 0;
}

}  // namespace mxban
