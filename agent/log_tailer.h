#ifndef MXBAN_AGENT_LOG_TAILER_H_
#define MXBAN_AGENT_LOG_TAILER_H_

// Turns a growing, rotating log file into complete lines.
//
// Follows the file by name across rename, recreate and truncate. A log that
// was renamed is read to its end before the one that replaces it, and only
// once that one has a line: until then its writer may still hold the old one.
//
// Pull-based and without a thread: the caller polls when inotify stirs.
//
// Thread-compatible.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace mxban {

class LogTailer {
 public:
  // Longer lines are passed over and counted; sendmail's end at 1 KiB.
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  // Where to begin in a log that is opened: the offset of its first byte that
  // is not dealt with yet.
  using StartOffset = std::function<uint64_t(const std::string& log_id)>;

  // Receives a line without its newline, and the offset of the first byte
  // after it. The view lasts for the call. False refuses the line: Poll()
  // ends, and the next one begins with it.
  using Sink =
      absl::FunctionRef<bool(absl::string_view line, uint64_t end_offset)>;

  // Is shown lines that wait, whole ones with their newlines, and where they
  // begin; returns how much of them, whole lines again, to pass over.
  using Skip =
      absl::FunctionRef<size_t(absl::string_view lines, uint64_t offset)>;

  // The log may be absent for now: logs often are at boot.
  LogTailer(std::string path, StartOffset start_offset);
  ~LogTailer();

  LogTailer(const LogTailer&) = delete;
  LogTailer& operator=(const LogTailer&) = delete;

  // Passes every complete line written so far to `sink`, but for those that
  // `skip` passes over. Never waits. Returns false if `sink` refused a line.
  bool Poll(Sink sink, Skip skip);
  bool Poll(Sink sink) {
    return Poll(sink, [](absl::string_view, uint64_t) { return size_t{0}; });
  }

  const std::string& path() const { return path_; }

  // Names the log that is open, by device, inode and its first line: the same
  // after a rename, another after truncation. Empty while there is none.
  const std::string& log_id() const { return log_id_; }

  // Of the first byte not yet delivered.
  uint64_t offset() const { return buffer_offset_ + next_; }

  // The file that is open, for inotify; -1 while there is none.
  int fd() const { return fd_; }

  uint64_t overlong_lines() const { return overlong_lines_; }

 private:
  // Opens the log at `path_` if it has a first line.
  bool Open();
  void Close();
  bool WasTruncated() const;
  bool WasReplaced() const;
  bool Drain(Sink sink, Skip skip);
  bool Deliver(Sink sink, Skip skip);
  bool Fill();

  const std::string path_;
  const StartOffset start_offset_;

  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::string log_id_;

  std::vector<char> buffer_;  // Bytes from buffer_offset_ on.
  uint64_t buffer_offset_ = 0;
  size_t next_ = 0;        // The first undelivered byte in buffer_.
  size_t searched_ = 0;    // No newline between next_ and here.
  bool skipping_ = false;  // Inside an overlong line.
  uint64_t overlong_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_TAILER_H_
