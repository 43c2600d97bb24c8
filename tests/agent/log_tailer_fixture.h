#ifndef MXBAN_TESTS_AGENT_LOG_TAILER_FIXTURE_H_
#define MXBAN_TESTS_AGENT_LOG_TAILER_FIXTURE_H_

// A tailer on real files, since renaming and truncating are what is under test.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "agent/log_tailer.h"
#include "gtest/gtest.h"
#include "tests/agent/log_directory.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {

// Begins where the last line ended that it was shown.
class PositionGuide final : public LogTailer::Guide {
 public:
  absl::Time Oldest() const override { return oldest_; }
  std::vector<std::string> KnownLogs() const override {
    std::vector<std::string> logs;
    for (const auto& [log_id, position] : positions_) logs.push_back(log_id);
    return logs;
  }
  uint64_t PositionIn(const std::string& log_id) const override {
    const auto found = positions_.find(log_id);
    return found == positions_.end() ? 0 : found->second;
  }
  uint64_t StartOffset(const std::string& log_id, LogFile&) override {
    return PositionIn(log_id);
  }
  void TurnTo(const std::string& log_id) override { positions_[log_id]; }

  std::map<std::string, uint64_t> positions_;
  absl::Time oldest_ = absl::InfinitePast();
};

class LogTailerTest : public testing::Test {
 protected:
  // A line as it was delivered: where, and what.
  using Delivery = std::tuple<std::string, uint64_t, std::string>;

  LogTailerTest() { Reopen(); }

  // A new tailer that begins where the last one stopped.
  void Reopen() { tailer_.emplace(logs_.log(), guide_); }

  void Append(const std::string& text) { logs_.Append(text); }

  // The lines that came, at most `max_lines`; then they are refused.
  std::vector<std::string> Lines(size_t max_lines = SIZE_MAX) {
    std::vector<std::string> lines;
    tailer_->Poll([&](const LogLine& line) {
      if (lines.size() == max_lines) return false;
      lines.emplace_back(line.text);
      guide_.positions_[tailer_->log_id()] = line.end;
      deliveries_.emplace_back(tailer_->log_id(), line.end, lines.back());
      return true;
    });
    return lines;
  }

  FakeClock clock_;
  LogDirectory logs_{clock_};
  PositionGuide guide_;
  std::vector<Delivery> deliveries_;
  std::optional<LogTailer> tailer_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_LOG_TAILER_FIXTURE_H_
