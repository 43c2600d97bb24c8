#include "agent/jail_positions.h"

#include <algorithm>
#include <set>

namespace mxban {

uint64_t JailPositions::Of(const std::string& jail,
                           const std::string& log_id) const {
  const auto found = positions_.find({jail, log_id});
  return found == positions_.end() ? 0 : found->second;
}

std::vector<std::string> JailPositions::LogIds() const {
  std::vector<std::string> log_ids;
  for (const auto& [key, position] : positions_) log_ids.push_back(key.second);
  return log_ids;
}

void JailPositions::Remember(const WatchedLog& log) {
  if (log.log_id.empty()) return;
  for (const WatchedLog::Eye& eye : log.eyes) {
    if (eye.is_double) continue;
    positions_[{eye.watcher.jail().name, log.log_id}] = eye.watcher.position();
  }
}

void JailPositions::Publish(const WatchedLogs& logs,
                            const FailureOutbox& outbox) {
  LogPositions waiting;  // What has to be read again if we forget it.
  for (const auto& [name, log] : logs) {
    Remember(log);
    for (const WatchedLog::Eye& eye : log.eyes) eye.AddSafePositions(waiting);
  }
  const LogPositions acknowledged = outbox.acknowledged();
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, position] : positions_) {
    uint64_t& safe = safe_[key];
    const auto sent = acknowledged.find(key);
    const bool is_settled = outbox.IsSettled(key.first, key.second);
    uint64_t candidate = is_settled                   ? position
                         : sent != acknowledged.end() ? sent->second
                                                      : 0;
    const auto held = waiting.find(key);
    if (held != waiting.end()) candidate = std::min(candidate, held->second);
    safe = std::max(safe, candidate);
  }
}

void JailPositions::ForgetGone(const WatchedLogs& logs, FailureOutbox& outbox,
                               LocalCounter& local_counter) {
  if (logs.empty()) return;  // Without jails nothing has been looked for.
  std::set<std::string> found;
  for (const auto& [name, log] : logs) {
    if (!log.lines->has_looked()) return;
    found.insert(log.lines->logs_found().begin(),
                 log.lines->logs_found().end());
  }
  absl::MutexLock lock(&mutex_);
  for (auto position = positions_.begin(); position != positions_.end();) {
    const auto& [jail, log_id] = position->first;
    if (found.contains(log_id) || !outbox.IsSettled(jail, log_id)) {
      ++position;
      continue;
    }
    outbox.ForgetLog(jail, log_id);
    local_counter.ForgetLog(jail, log_id);
    safe_.erase(position->first);
    position = positions_.erase(position);
  }
}

LogPositions JailPositions::Safe() const {
  absl::MutexLock lock(&mutex_);
  return safe_;
}

}  // namespace mxban
