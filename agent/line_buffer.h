#ifndef MXBAN_AGENT_LINE_BUFFER_H_
#define MXBAN_AGENT_LINE_BUFFER_H_

// Cuts bytes that come piece by piece into lines.
//
// Bounded: a line that is too long is thrown away while it comes, and counted.
//
// Thread-compatible.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "agent/line_source.h"

namespace mxban {

class LineBuffer {
 public:
  // Stores up to `size` of the bytes that are next; returns how many, as
  // read(2) does.
  using Read = absl::FunctionRef<ssize_t(char* data, size_t size)>;

  // Passes all whole lines to `sink`; false if it refused one, with which the
  // next call begins.
  bool Deliver(LineSource::Sink sink);

  // Takes more bytes, once all lines are delivered. Returns what `read` did.
  ssize_t Fill(Read read);

  uint64_t overlong_lines() const { return overlong_lines_; }

 private:
  std::vector<char> buffer_;
  uint64_t offset_ = 0;    // Of the first byte in buffer_, in all that came.
  size_t next_ = 0;        // The first undelivered byte in buffer_.
  size_t searched_ = 0;    // No newline between next_ and here.
  bool skipping_ = false;  // Inside an overlong line.
  uint64_t overlong_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LINE_BUFFER_H_
