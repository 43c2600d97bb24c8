#ifndef MXBAN_AGENT_INPUT_TAILER_H_
#define MXBAN_AGENT_INPUT_TAILER_H_

// Turns what comes through a pipe, such as standard input, into lines.
//
// Nobody can read a pipe twice: each line counts at most once, and what is
// under way when the process dies is lost. A last line without its newline is
// none, for its writer died in the middle of an address perhaps.
//
// Thread-compatible.

#include <cstdint>
#include <set>
#include <string>

#include "agent/line_buffer.h"
#include "agent/line_source.h"

namespace mxban {

class InputTailer final : public LineSource {
 public:
  // Reads `fd`, which stays its owner's, and which others may hold, too: its
  // flags are left as they are. Nobody else may read it. `guide` must outlive
  // the tailer.
  InputTailer(int fd, Guide& guide);

  InputTailer(const InputTailer&) = delete;
  InputTailer& operator=(const InputTailer&) = delete;

  // Not without end: what there is more of keeps fd() readable.
  using LineSource::Poll;
  bool Poll(Sink sink, BlockSink block_sink) override;

  // Only turns to the same log again.
  void Restart() override { has_turned_ = false; }
  bool can_read_again() const override { return false; }

  // Differs for each tailer there ever was. Positions are offsets in what it
  // has read.
  const std::string& log_id() const override { return log_id_; }

  // -1 once the input has ended.
  int fd() const override { return fd_; }
  bool has_looked() const override { return true; }
  const std::set<std::string>& logs_found() const override {
    return logs_found_;
  }
  uint64_t overlong_lines() const override { return lines_.overlong_lines(); }

 private:
  // Whether there was something to read.
  bool Fill();

  int fd_;
  Guide& guide_;
  const std::string log_id_;
  const std::set<std::string> logs_found_;
  bool has_turned_ = false;
  LineBuffer lines_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_INPUT_TAILER_H_
