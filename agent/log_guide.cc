#include "agent/log_guide.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "agent/log_seek.h"

namespace mxban {
namespace {

// Less is read as fast as it is sought.
constexpr uint64_t kWorthSeeking = 1 << 20;

// Writers' clocks may differ a little, and so may the order of their lines.
constexpr absl::Duration kStampSlack = absl::Minutes(1);

}  // namespace

absl::Time LogGuide::Oldest() const {
  return clock_.TimeNow() - log().Memory() - kStampSlack;
}

std::vector<std::string> LogGuide::KnownLogs() const {
  positions_.Remember(log());
  return positions_.LogIds();
}

std::vector<std::string> LogGuide::LogsElsewhere() const {
  std::vector<std::string> logs;
  for (const auto& [name, other] : logs_) {
    if (name == name_ || other.lines == nullptr) continue;
    logs.insert(logs.end(), other.lines->logs_found().begin(),
                other.lines->logs_found().end());
  }
  return logs;
}

uint64_t LogGuide::PositionIn(const std::string& log_id) const {
  positions_.Remember(log());
  return LeastPosition(log_id);
}

uint64_t LogGuide::StartOffset(const std::string& log_id, LogFile& file) {
  const uint64_t offset = LeastPosition(log_id);
  const uint64_t size = file.size().value_or(0);
  if (size < offset || size - offset < kWorthSeeking) return offset;
  LogWatcher& watcher = log().eyes.front().watcher;
  return SeekTime(file, offset, size, Oldest(), [&](absl::string_view line) {
    return watcher.StampOf(line, clock_.TimeNow());
  });
}

void LogGuide::TurnTo(const std::string& log_id) {
  WatchedLog& log = this->log();
  log.log_id = log_id;
  for (WatchedLog::Eye& eye : log.eyes) {
    const std::string& jail = eye.watcher.jail().name;
    eye.watcher.TurnTo(log_id, positions_.Of(jail, log_id));
    eye.is_double = IsReadElsewhere(logs_, name_, log_id, jail);
    if (!log.lines->can_read_again()) eye.watcher.set_caught_up();
  }
}

uint64_t LogGuide::LeastPosition(const std::string& log_id) const {
  uint64_t position = UINT64_MAX;
  for (const WatchedLog::Eye& eye : log().eyes) {
    position =
        std::min(position, positions_.Of(eye.watcher.jail().name, log_id));
  }
  return position;
}

}  // namespace mxban
