#include "agent/watched_log.h"

#include <algorithm>

#include "absl/algorithm/container.h"

namespace mxban {

void WatchedLog::Eye::AddSafePositions(LogPositions& positions) const {
  if (is_double) return;
  for (const auto& [log_id, position] : watcher.SafePositions()) {
    positions[{watcher.jail().name, log_id}] = position;
  }
}

bool WatchedLog::Read(const LogWatcher::Surroundings& surroundings,
                      const LogLine& line, absl::Time now,
                      LogWatcher::Counts& counts) {
  for (Eye& eye : eyes) {
    if (eye.is_double) continue;
    if (!eye.watcher.Read(surroundings, line, now, counts)) return false;
  }
  return true;
}

size_t WatchedLog::Skippable(absl::string_view text, uint64_t offset) {
  for (Eye& eye : eyes) {
    if (eye.is_double) continue;
    text = text.substr(0, eye.watcher.Skippable(text, offset));
    if (text.empty()) return 0;
  }
  return text.size();
}

uint64_t WatchedLog::Skip(absl::string_view text, uint64_t offset,
                          absl::Time now) {
  uint64_t count = 0;
  for (Eye& eye : eyes) {
    if (eye.is_double) continue;
    count = std::max(count, eye.watcher.Skip(text, offset, now));
  }
  return count;
}

void WatchedLog::BeginAgain() {
  log_id.clear();
  lines->Restart();
}

bool WatchedLog::IsReadBy(const std::string& jail) const {
  return absl::c_any_of(eyes, [&](const Eye& eye) {
    return eye.watcher.jail().name == jail && !eye.is_double;
  });
}

bool WatchedLog::IsAhead() const {
  return absl::c_any_of(eyes,
                        [](const Eye& eye) { return eye.watcher.is_ahead(); });
}

absl::Duration WatchedLog::Memory() const {
  absl::Duration longest;
  for (const Eye& eye : eyes) {
    const Jail& jail = eye.watcher.jail();
    longest = std::max(longest, jail.find_time + jail.filter.join_time);
    if (!jail.filter.success_regexes.empty()) {
      longest = std::max(longest, jail.good_time);
    }
  }
  return longest;
}

}  // namespace mxban
