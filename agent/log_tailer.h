#ifndef MXBAN_AGENT_LOG_TAILER_H_
#define MXBAN_AGENT_LOG_TAILER_H_

// Turns a growing, rotating log into complete lines.
//
// Follows the log by name across rename, recreate, copy and truncate. Before
// the log of that name it reads the rotated ones that are not dealt with yet,
// the oldest first: those of the time when nobody read, and what a copy holds
// of a log that has been truncated. A log that was renamed is read to its end
// before the one that replaces it, and only once that one has a line: until
// then its writer may still hold the old one.
//
// Pull-based and without a thread: the caller polls when inotify stirs.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/log_file.h"
#include "agent/log_identity.h"

namespace mxban {

class LogTailer {
 public:
  // Longer lines are passed over and counted; sendmail's end at 1 KiB.
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  // Knows what has been dealt with.
  class Guide {
   public:
    virtual ~Guide() = default;

    // Rotated logs that were last written to before this tell nothing new.
    virtual absl::Time Oldest() const = 0;

    // The names of logs of which something has been dealt with.
    virtual std::vector<std::string> KnownLogs() const = 0;

    // Where to begin in `log`, which is called `log_id`: the offset of the
    // first line that is not dealt with.
    virtual uint64_t StartOffset(const std::string& log_id, LogFile& log) = 0;

    // Lines come from `log_id` from now on.
    virtual void TurnTo(const std::string& log_id) = 0;
  };

  // Receives a line without its newline, and the offset of the first byte
  // after it. The view lasts for the call. False refuses the line: Poll()
  // ends, and the next one begins with it.
  using Sink =
      absl::FunctionRef<bool(absl::string_view line, uint64_t end_offset)>;

  // Is shown lines that wait, whole ones with their newlines, and where they
  // begin; returns how much of them, whole lines again, to pass over.
  using Skip =
      absl::FunctionRef<size_t(absl::string_view lines, uint64_t offset)>;

  // The log may be absent for now: logs often are at boot. `guide` must outlive
  // the tailer.
  LogTailer(std::string path, Guide& guide);

  // Passes every complete line written so far to `sink`, but for those that
  // `skip` passes over. Never waits. Returns false if `sink` refused a line.
  bool Poll(Sink sink, Skip skip);
  bool Poll(Sink sink) {
    return Poll(sink, [](absl::string_view, uint64_t) { return size_t{0}; });
  }

  // Begins again where the guide says.
  void Restart() { Close(); }

  // Names the log that is open; the same after a rename, another after
  // truncation. Empty while there is none.
  const std::string& log_id() const { return log_id_; }

  // Whether it has looked for logs yet, and those that were there when it did
  // so last.
  bool has_looked() const { return has_looked_; }
  const std::set<std::string>& logs_found() const { return logs_found_; }

  // Of the first byte not yet delivered.
  uint64_t offset() const { return buffer_offset_ + next_; }

  // The file that is open, for inotify; -1 while there is none.
  int fd() const { return log_ == nullptr ? -1 : log_->fd(); }

  uint64_t overlong_lines() const { return overlong_lines_; }

 private:
  static constexpr size_t kTailBytes = 64;

  // A log that might be opened.
  struct Candidate {
    std::unique_ptr<LogFile> log;
    bool can_count = true;  // It was written to since Guide::Oldest().
  };

  // Opens the oldest log that is not dealt with, if there is one.
  bool OpenNext();
  std::vector<Candidate> FindRotated() const;
  bool OpenRotated(Candidate candidate, const std::vector<LogIdentity>& present,
                   const LogFile* current);
  void OpenCurrent(std::unique_ptr<LogFile> current,
                   const std::vector<LogIdentity>& present);
  bool IsDone(const LogFile& log, const std::string& log_id,
              uint64_t start) const;
  void Adopt(std::unique_ptr<LogFile> log, std::string log_id, uint64_t start);
  void Close();

  bool IsOver() const;
  bool WasTruncated();
  bool HoldsWhatWasRead();
  bool Drain(Sink sink, Skip skip);
  bool Deliver(Sink sink, Skip skip);
  bool Fill();
  uint64_t read_to() const { return buffer_offset_ + buffer_.size(); }

  const std::string path_;
  Guide& guide_;

  std::unique_ptr<LogFile> log_;
  std::string log_id_;
  bool is_rotated_ = false;  // It is not the one at `path_`.
  std::string truncated_;    // The log that was, until the next is open.
  bool has_looked_ = false;
  std::set<std::string> logs_found_;
  // Rotated logs that were read to their end, and where that was; 0 if they
  // are compressed.
  std::map<std::string, uint64_t> finished_;

  std::vector<char> buffer_;  // Bytes from buffer_offset_ on.
  uint64_t buffer_offset_ = 0;
  std::string tail_;       // The last bytes before read_to().
  size_t next_ = 0;        // The first undelivered byte in buffer_.
  size_t searched_ = 0;    // No newline between next_ and here.
  bool skipping_ = false;  // Inside an overlong line.
  uint64_t overlong_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_TAILER_H_
