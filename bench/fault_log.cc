#include "bench/fault_log.h"

namespace mxban {

void FaultLog::Begin(const std::string& server, const std::string& kind,
                     absl::Time now) {
  absl::MutexLock lock(&mutex_);
  faults_[server].push_back({.kind = kind, .begin = now});
}

void FaultLog::End(const std::string& server, const std::string& kind,
                   absl::Time now, absl::Duration aftermath) {
  absl::MutexLock lock(&mutex_);
  for (Fault& fault : faults_[server]) {
    if (fault.kind == kind && fault.end == absl::InfiniteFuture()) {
      fault.end = now + aftermath;
    }
  }
}

void FaultLog::NoteWell(const std::string& server, absl::Time asked,
                        absl::Time now) {
  absl::MutexLock lock(&mutex_);
  for (Fault& fault : faults_[server]) {
    if (fault.end < asked && fault.well == absl::InfiniteFuture()) {
      fault.well = now;
    }
  }
}

std::set<std::string> FaultLog::Between(const std::string& server,
                                        absl::Time from, absl::Time to) const {
  std::set<std::string> kinds;
  absl::MutexLock lock(&mutex_);
  const auto faults = faults_.find(server);
  if (faults == faults_.end()) return kinds;
  for (const Fault& fault : faults->second) {
    if (fault.begin <= to && fault.well >= from) kinds.insert(fault.kind);
  }
  return kinds;
}

}  // namespace mxban
