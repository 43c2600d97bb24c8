#ifndef MXBAN_AGENT_LOG_GUIDE_H_
#define MXBAN_AGENT_LOG_GUIDE_H_

// Tells the source of one log's lines what the jails that watch it know of it,
// and where to begin.
//
// Thread-compatible.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "agent/jail_positions.h"
#include "agent/log_file.h"
#include "agent/log_tailer.h"
#include "agent/watched_log.h"
#include "common/clock.h"

namespace mxban {

class LogGuide final : public LogTailer::Guide {
 public:
  // Of the log called `name`, which must be in `logs` whenever the guide is
  // asked. All must outlive it.
  LogGuide(WatchedLogs& logs, JailPositions& positions, const Clock& clock,
           std::string name)
      : logs_(logs),
        positions_(positions),
        clock_(clock),
        name_(std::move(name)) {}

  absl::Time Oldest() const override;
  std::vector<std::string> KnownLogs() const override;
  std::vector<std::string> LogsElsewhere() const override;
  uint64_t PositionIn(const std::string& log_id) const override;
  // Of those lines that can still count, by halving where that is worth it.
  uint64_t StartOffset(const std::string& log_id, LogFile& file) override;
  void TurnTo(const std::string& log_id) override;

 private:
  WatchedLog& log() const { return logs_.at(name_); }
  // Where the jail is that is behind all others.
  uint64_t LeastPosition(const std::string& log_id) const;

  WatchedLogs& logs_;
  JailPositions& positions_;
  const Clock& clock_;
  const std::string name_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_GUIDE_H_
