#include "coordinator/audit_log.h"

#include <utility>

#include "absl/time/time.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr size_t kRecordsAtOnce = 1'000;
constexpr absl::Duration kRetryInterval = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Start(
    std::string path, std::string history_id, Fetch fetch) {
  std::unique_ptr<AuditLog> log(
      new AuditLog(std::move(path), std::move(history_id), std::move(fetch)));
  const absl::Status opened = log->file_.Open();
  if (!opened.ok() && !absl::IsUnavailable(opened)) return opened;
  log->thread_ = std::thread([raw = log.get()] { raw->Run(); });
  return log;
}

void AuditLog::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void AuditLog::Wake() {
  absl::MutexLock lock(&mutex_);
  has_news_ = true;
}

void AuditLog::Run() {
  bool is_last = false;
  while (!is_last) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(
          absl::Condition(this, &AuditLog::HasWork),
          status_.ok() ? absl::InfiniteDuration() : kRetryInterval);
      has_news_ = false;
      is_last = stopping_;
    }
    absl::Status status = CatchUp();
    if (!status.ok() && status_.ok()) {
      spdlog::error("{}; bans go on, and what is missing follows later",
                    std::string(status.message()));
    }
    if (status.ok() && !status_.ok()) {
      spdlog::info("audit log: it is complete again");
    }
    status_ = std::move(status);
  }
}

bool AuditLog::HasWork() const { return stopping_ || has_news_; }

absl::Status AuditLog::CatchUp() {
  RETURN_IF_ERROR(file_.Open());
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<AuditRecord> records,
                     fetch_(LastId(), kRecordsAtOnce));
    if (records.empty()) return absl::OkStatus();
    std::vector<std::string> lines;
    lines.reserve(records.size());
    for (const AuditRecord& record : records) {
      lines.push_back(AuditLine(history_id_, record));
    }
    RETURN_IF_ERROR(file_.Append(lines));
  }
}

uint64_t AuditLog::LastId() const {
  const std::optional<AuditPlace>& place = file_.place();
  return place && place->history_id == history_id_ ? place->id : 0;
}

}  // namespace mxban
