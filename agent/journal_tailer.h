#ifndef MXBAN_AGENT_JOURNAL_TAILER_H_
#define MXBAN_AGENT_JOURNAL_TAILER_H_

// Turns messages of systemd's journal into lines.
//
// A message is named by the sequence number that journald gave it, and by the
// id of that sequence. Both survive rotation and restarts; a journal that
// begins anew has another id, and several may lie side by side. Within one id
// numbers grow in the order in which messages are delivered.
//
// A line is what Fail2Ban makes of a message: `HOST NAME[PID]: TEXT`, on one
// line, so that filters written for its journal see what they expect. Messages
// carry their time beside the text.
//
// A journal that cannot be read is complained of once and tried again with each
// Poll().
//
// Thread-compatible. The only module that reads with libsystemd.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/journal_message.h"
#include "agent/line_source.h"

struct sd_journal;

namespace mxban {

class JournalTailer final : public LineSource {
 public:
  // What log ids of journals begin with.
  static constexpr absl::string_view kLogIdPrefix = "journal:";

  struct Options {
    std::string directory;  // Of its files; empty: this system's own journal.
    uint32_t flags = 0;     // As sd_journal_open() has them.
    std::vector<std::string> matches;  // Any of them; none: every message.
  };

  // `guide` must outlive the tailer.
  JournalTailer(Options options, Guide& guide);
  ~JournalTailer();

  JournalTailer(const JournalTailer&) = delete;
  JournalTailer& operator=(const JournalTailer&) = delete;

  using LineSource::Poll;
  bool Poll(Sink sink, BlockSink block_sink) override;

  void Restart() override;

  // The sequence of the message that was delivered last; empty before the
  // first.
  const std::string& log_id() const override { return log_id_; }

  int fd() const override { return journal_ == nullptr ? -1 : fd_; }
  bool has_looked() const override { return has_looked_; }
  const std::set<std::string>& logs_found() const override {
    return logs_found_;
  }
  uint64_t overlong_lines() const override { return overlong_lines_; }

 private:
  struct CloseJournal {
    void operator()(sd_journal* journal) const;
  };
  using Journal = std::unique_ptr<sd_journal, CloseJournal>;

  // Where a message stands.
  struct Place {
    std::string log_id;
    uint64_t number = 0;
    absl::Time received;
    std::string cursor;  // As the journal writes it.
  };

  // The directories with journals, by device and inode.
  using Roots = std::vector<std::pair<dev_t, ino_t>>;

  Roots FindRoots() const;
  absl::Status Open();
  absl::Status Seek(sd_journal* journal);
  absl::Status OpenFiles(Journal& journal) const;
  absl::Status AddMatches(sd_journal* journal) const;
  absl::Status SeekBegin(sd_journal* journal);
  absl::Status Drain(Sink sink, bool& is_done);
  absl::Status Take();
  bool Deliver(Sink sink);
  // Whether the present message is the last one, with another number.
  bool IsCopyOfLast();
  static bool Find(sd_journal* journal, const std::string& log_id,
                   uint64_t number, Place& found);
  static absl::Status ReadPlace(sd_journal* journal, Place& place);
  // Makes a line of the present message.
  absl::Status ReadLine();
  void Complain(const absl::Status& status);

  const Options options_;
  Guide& guide_;

  Journal journal_;
  int fd_ = -1;
  Roots roots_;
  bool has_complained_ = false;
  bool has_looked_ = false;
  std::set<std::string> logs_found_;
  std::string log_id_;
  uint64_t done_ = 0;  // Messages of log_id_ up to here.

  std::string last_cursor_;    // Of the last message that was dealt with.
  bool was_reopened_ = false;  // No other message has come since.

  // The present message, if it waits to be delivered.
  bool is_waiting_ = false;
  Place place_;
  JournalMessage message_;
  absl::Time time_;
  std::string line_;
  uint64_t overlong_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_JOURNAL_TAILER_H_
