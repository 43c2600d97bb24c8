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

  // Asks for so many bytes at once.
  explicit LineBuffer(size_t read_bytes) : read_bytes_(read_bytes) {}

  // Throws away what it holds; the next byte is the one at `offset`.
  void Reset(uint64_t offset);

  // Passes all whole lines to `sink`, but for those that `block_sink` deals
  // with; false if it refused one, with which the next call begins.
  bool Deliver(LineSource::Sink sink, LineSource::BlockSink block_sink);

  // Takes more bytes, once all lines are delivered. Returns what `read` did.
  ssize_t Fill(Read read);

  // Of the first byte that is not delivered, and of the next to be taken.
  uint64_t offset() const { return offset_ + next_; }
  uint64_t end() const { return offset_ + size_; }

  // Since construction.
  uint64_t overlong_lines() const { return overlong_lines_; }

 private:
  const size_t read_bytes_;
  std::vector<char> buffer_;  // Never shrinks; the first size_ bytes are held.
  size_t size_ = 0;
  uint64_t offset_ = 0;    // Of the first byte in buffer_, in all that came.
  size_t next_ = 0;        // The first undelivered byte in buffer_.
  size_t searched_ = 0;    // No newline between next_ and here.
  bool skipping_ = false;  // Inside an overlong line.
  uint64_t overlong_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LINE_BUFFER_H_
