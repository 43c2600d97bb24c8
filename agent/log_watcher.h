#ifndef MXBAN_AGENT_LOG_WATCHER_H_
#define MXBAN_AGENT_LOG_WATCHER_H_

// A jail's eye on one log: turns lines into failures and right logins, and
// those over to the outbox.
//
// A line is matched once. What it told waits here until names are resolved and
// the outbox has room; meanwhile the line is refused, and so is not lost. While
// no coordinator takes anything out of the outbox the watcher reads ahead:
// lines are counted for this server alone, and the log is the spool from which
// they are read again.
//
// Thread-compatible; movable.

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/failure_outbox.h"
#include "agent/local_counter.h"
#include "agent/log_line.h"
#include "agent/name_resolver.h"
#include "common/ban.h"
#include "common/jail.h"
#include "filter/failure_matcher.h"
#include "filter/line_scanner.h"

namespace mxban {

class LogWatcher {
 public:
  // What watchers of a server share; all must outlive them.
  struct Surroundings {
    FailureOutbox& outbox;
    LocalCounter& local_counter;
    NameResolver& names;
    const std::atomic<bool>& is_alone;     // Nobody empties the outbox.
    const std::atomic<bool>& is_stopping;  // Nothing more is to be read.
    const std::vector<IpNetwork>& own_addresses;
  };

  // What became of the lines, since the process began.
  struct Counts {
    uint64_t failures = 0;      // Reported to the outbox.
    uint64_t right_logins = 0;  // Likewise.
    absl::btree_map<std::string, uint64_t> failures_by_jail;
    uint64_t too_old = 0;          // Failures that can no longer count.
    uint64_t without_time = 0;     // In a part of the log that is not new.
    uint64_t without_address = 0;  // Failures that name nobody one could ban.
    uint64_t own = 0;              // Of this server itself.
    uint64_t overlong_lines = 0;
    // Lines that an expression gave up on, by jail and expression.
    absl::btree_map<std::pair<std::string, std::string>, uint64_t> limit_hits;
  };

  // INVALID_ARGUMENT if the jail's filter does not compile.
  static absl::StatusOr<LogWatcher> Create(const Jail& jail,
                                           absl::TimeZone time_zone);

  const Jail& jail() const { return jail_; }

  // Takes another jail's limits; false if its filter differs, too.
  bool Adopt(const Jail& jail);

  // Reads a line of the log, unless it is done already. False: it has to come
  // again, for the outbox is full, a name not resolved yet, or the reader about
  // to stop. `hits` is
  // what a LineScanner found in it of required(), if it was asked. REQUIRES:
  // lines come in their order.
  bool Read(const Surroundings& surroundings, const LogLine& line,
            std::optional<absl::Span<const LineScanner::Hit>> hits,
            absl::Time now, Counts& counts);

  // Is done with `lines`, whole ones from `offset` on: those that it was not
  // given to read do not matter.
  void PassOver(absl::string_view lines, uint64_t offset, absl::Time now);

  // What lines that matter have. Lives as long as the watcher's filter.
  const LineRequirements& required() const { return matcher_.required(); }

  // Turns to the log `log_id`, of which lines up to `position` are done.
  void TurnTo(const std::string& log_id, uint64_t position);

  // The time of the stamp of `line`.
  std::optional<absl::Time> StampOf(absl::string_view line, absl::Time now) {
    return matcher_.StampOf(line, now);
  }

  // Lines up to here are done, by this log's count; those read ahead are not.
  uint64_t position() const { return is_ahead_ ? ahead_from_ : position_; }

  // The same, but those read ahead are done, too.
  uint64_t read_to() const { return position_; }

  // Whether lines have been read that must be read again.
  bool is_ahead() const { return is_ahead_; }

  // Where to begin again if this watcher is lost, in this log and in earlier
  // ones where failures wait for a later line; by log id.
  std::vector<std::pair<std::string, uint64_t>> SafePositions() const;

  // Says that all there was has been read: what has no stamp is new from now
  // on.
  void set_caught_up() { is_caught_up_ = true; }

 private:
  // What a line told, until it is reported.
  struct Found {
    Found(uint64_t line_end, uint64_t found_from)
        : end_offset(line_end), safe_from(found_from) {}

    uint64_t end_offset;
    uint64_t safe_from;  // Where to begin to find it again.
    std::string name;    // To be resolved; empty: `sources` are known.
    // Most often there is one.
    absl::InlinedVector<IpNetwork, 1> sources;
    absl::InlinedVector<absl::Time, 1> times;
    absl::InlinedVector<std::string, 1> users;  // Of each time.
    bool is_right_login = false;

    std::vector<Finding> ToFindings(absl::string_view line) const;
  };

  LogWatcher(Jail jail, FailureMatcher matcher);

  // Hands over what was found; false if there is no room for it.
  bool Report(const Surroundings& surroundings, absl::string_view line,
              Counts& counts);
  uint64_t SafePosition() const;

  void Match(const LogLine& line,
             std::optional<absl::Span<const LineScanner::Hit>> hits,
             absl::Time now, Counts& counts);
  void KeepTimes(const FailureMatcher::Result& result, absl::Time now,
                 Counts& counts);
  void KeepLogin(const FailureMatcher::Result& result, absl::Time now);
  bool ResolveName(NameResolver& names, absl::Time now, Counts& counts);
  void ComplainOfLimit(const FailureMatcher::Result& result, absl::Time now,
                       Counts& counts);

  Jail jail_;
  FailureMatcher matcher_;
  std::string log_id_;
  // Those before it in which failures wait, the latest first.
  std::deque<std::string> earlier_logs_;
  uint64_t position_ = 0;
  bool is_ahead_ = false;
  uint64_t ahead_from_ = 0;
  bool is_caught_up_ = false;
  std::optional<Found> found_;
  absl::Time next_complaint_ = absl::InfinitePast();
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_WATCHER_H_
