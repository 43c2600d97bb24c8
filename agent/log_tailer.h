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

#include "agent/line_buffer.h"
#include "agent/line_source.h"
#include "agent/log_file.h"
#include "agent/log_identity.h"

namespace mxban {

class LogTailer final : public LineSource {
 public:
  // Knows more of files.
  class Guide : public LineSource::Guide {
   public:
    // Where to begin in `log`, which is called `log_id`: the offset of the
    // first line that is not dealt with.
    virtual uint64_t StartOffset(const std::string& log_id, LogFile& log) = 0;
  };

  // The log may be absent for now: logs often are at boot. `guide` must outlive
  // the tailer.
  LogTailer(std::string path, Guide& guide);

  using LineSource::Poll;
  bool Poll(Sink sink, BlockSink block_sink) override;

  // Also in rotated logs that were finished.
  void Restart() override {
    finished_.clear();
    Close();
  }

  // The same after a rename, another after truncation.
  const std::string& log_id() const override { return log_id_; }

  int fd() const override { return log_ == nullptr ? -1 : log_->fd(); }
  bool is_file() const override { return true; }
  bool has_looked() const override { return has_looked_; }
  const std::set<std::string>& logs_found() const override {
    return logs_found_;
  }

  // Of the first byte not yet delivered.
  uint64_t offset() const { return lines_.offset(); }

  uint64_t overlong_lines() const override { return lines_.overlong_lines(); }

 private:
  static constexpr size_t kTailBytes = 64;

  // A rotated log that might be opened.
  struct Candidate {
    std::unique_ptr<LogFile> log;
    std::string log_id;     // Empty if it must not be read.
    bool can_count = true;  // It was written to since Guide::Oldest().
  };

  // Opens the oldest log that is not dealt with, if there is one.
  bool OpenNext();
  std::vector<Candidate> FindRotated() const;
  // Says which log each is, and remembers which there are. Returns which one
  // `current` is, if that is not null.
  LogIdentity Name(std::vector<Candidate>& rotated, const LogFile* current);
  // All that one of them could be taken for, themselves among it.
  std::vector<LogIdentity> Present(const std::vector<Candidate>& rotated,
                                   const LogFile* current) const;
  bool OpenRotated(Candidate& candidate);
  void OpenCurrent(std::unique_ptr<LogFile> current, LogIdentity identity);
  bool IsDone(const LogFile& log, const std::string& log_id,
              uint64_t start) const;
  void Adopt(std::unique_ptr<LogFile> log, std::string log_id, uint64_t start);
  void Close();

  // Says once that there is a log, and that we may not read it.
  void TellIfForbidden();
  bool IsOver() const;
  bool WasTruncated();
  bool HoldsWhatWasRead();
  bool Drain(Sink sink, BlockSink block_sink);
  bool Fill();

  const std::string path_;
  Guide& guide_;

  std::unique_ptr<LogFile> log_;
  std::string log_id_;
  bool is_forbidden_ = false;
  bool is_rotated_ = false;  // It is not the one at `path_`.
  std::string truncated_;    // The log that was, until the next is open.
  bool has_looked_ = false;
  std::set<std::string> logs_found_;
  // Rotated logs that were read to their end, and where that was; 0 if they
  // are compressed.
  std::map<std::string, uint64_t> finished_;

  LineBuffer lines_;  // Of log_.
  std::string tail_;  // The last bytes before lines_.end().
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_TAILER_H_
