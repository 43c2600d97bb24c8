#ifndef MXBAN_AGENT_LINE_SOURCE_H_
#define MXBAN_AGENT_LINE_SOURCE_H_

// Where lines come from: a log and its rotated ones, the journal, a pipe.
//
// Each line has a position in a log that has a name; who has dealt with
// everything up to a position can say so later, and goes on from there. Names
// and positions mean nothing to anybody but the source.
//
// Pull-based and without a thread. Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/log_line.h"

namespace mxban {

class LineSource {
 public:
  // Longer lines are passed over and counted; sendmail's end at 1 KiB.
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  // Knows what has been dealt with.
  class Guide {
   public:
    virtual ~Guide() = default;

    // What is older tells nothing new.
    virtual absl::Time Oldest() const = 0;

    // The names of logs of which something has been dealt with.
    virtual std::vector<std::string> KnownLogs() const = 0;

    // The names of logs that lie elsewhere, though one of them may begin with
    // the same line as ours.
    virtual std::vector<std::string> LogsElsewhere() const { return {}; }

    // Lines of `log_id` up to here are dealt with; 0 if none is.
    virtual uint64_t PositionIn(const std::string& log_id) const = 0;

    // Lines come from `log_id` from now on.
    virtual void TurnTo(const std::string& log_id) = 0;
  };

  // Receives a line of log_id(), which lasts for the call. False refuses it:
  // Poll() ends, and the next one begins with it.
  using Sink = absl::FunctionRef<bool(const LogLine& line)>;

  // Is shown lines that wait, whole ones with their newlines, and where they
  // begin; returns how much of them, whole lines again, it has dealt with. The
  // next one goes to the sink.
  using BlockSink =
      absl::FunctionRef<size_t(absl::string_view lines, uint64_t offset)>;

  virtual ~LineSource() = default;

  // Passes every line that is there to `sink`, but for those that `block_sink`
  // deals with, if the source has blocks. Never waits. Returns false if `sink`
  // refused a line.
  virtual bool Poll(Sink sink, BlockSink block_sink) = 0;
  bool Poll(Sink sink) {
    return Poll(sink, [](absl::string_view, uint64_t) { return size_t{0}; });
  }

  // Begins again where the guide says.
  virtual void Restart() = 0;

  // Whether lines can be read again. Those of other sources are new when they
  // come.
  virtual bool can_read_again() const { return true; }

  // Names the log that is read; empty while there is none.
  virtual const std::string& log_id() const = 0;

  // What it reads, -1 while there is nothing: it is readable when there is
  // more, but for files, of which inotify has to tell.
  virtual int fd() const = 0;
  virtual bool is_file() const { return false; }

  // Whether it has looked for logs yet, and those that were there when it did
  // so last.
  virtual bool has_looked() const = 0;
  virtual const std::set<std::string>& logs_found() const = 0;

  virtual uint64_t overlong_lines() const = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LINE_SOURCE_H_
