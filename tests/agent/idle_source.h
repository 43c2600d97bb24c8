#ifndef MXBAN_TESTS_AGENT_IDLE_SOURCE_H_
#define MXBAN_TESTS_AGENT_IDLE_SOURCE_H_

// A source that has no lines, but says which logs it has found.

#include <set>
#include <string>
#include <utility>

#include "agent/line_source.h"

namespace mxban {

// Thread-compatible.
class IdleSource final : public LineSource {
 public:
  explicit IdleSource(std::set<std::string> logs_found, bool has_looked = true)
      : logs_found_(std::move(logs_found)), has_looked_(has_looked) {}

  using LineSource::Poll;
  bool Poll(Sink, BlockSink) override { return true; }
  void Restart() override {}
  const std::string& log_id() const override { return log_id_; }
  int fd() const override { return -1; }
  bool has_looked() const override { return has_looked_; }
  const std::set<std::string>& logs_found() const override {
    return logs_found_;
  }
  uint64_t overlong_lines() const override { return 0; }

 private:
  const std::string log_id_;
  const std::set<std::string> logs_found_;
  const bool has_looked_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_IDLE_SOURCE_H_
