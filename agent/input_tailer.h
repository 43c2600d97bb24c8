#ifndef MXBAN_AGENT_INPUT_TAILER_H_
#define MXBAN_AGENT_INPUT_TAILER_H_

// Turns what comes through a pipe, such as standard input, into lines.
//
// Nobody can read a pipe twice: each line counts at most once, and what is
// under way when the process dies is lost. A last line without its newline is
// none, for its writer died in the middle of an address perhaps.
//
// Pull-based and without a thread, like LogTailer: the caller polls when fd()
// is readable.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/line_buffer.h"

namespace mxban {

class InputTailer {
 public:
  // The path that names standard input among a jail's logs.
  static constexpr char kPath[] = "-";

  using Sink = LineBuffer::Sink;

  // Reads `fd`, which stays its owner's, and which others may hold, too: its
  // flags are left as they are. Nobody else may read it.
  explicit InputTailer(int fd);

  InputTailer(const InputTailer&) = delete;
  InputTailer& operator=(const InputTailer&) = delete;

  // Passes lines that have come to `sink`, not without end: what there is more
  // of keeps fd() readable. Never waits. Returns false if `sink` refused a
  // line.
  bool Poll(Sink sink);

  // Differs for each tailer there ever was. Positions are offsets in what it
  // has read.
  const std::string& log_id() const { return log_id_; }

  // Readable when there are more lines; -1 once the input has ended.
  int fd() const { return fd_; }

  uint64_t overlong_lines() const { return lines_.overlong_lines(); }

 private:
  // Whether there was something to read.
  bool Fill();

  int fd_;
  const std::string log_id_;
  LineBuffer lines_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_INPUT_TAILER_H_
