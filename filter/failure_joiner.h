#ifndef MXBAN_FILTER_FAILURE_JOINER_H_
#define MXBAN_FILTER_FAILURE_JOINER_H_

// Joins lines of one session that together tell of a failure: Fail2Ban's
// `<F-MLFID>` and its companions.
//
// One line names the user, another the address; what they have in common, the
// mlfid, is usually a process or a queue id. What the lines of an mlfid told
// is remembered and merged:
//
// * A line with `<F-NOFAIL>` or `<F-MLFGAINED>` is no failure, unless one of
//   this session is waiting, or it has seen two users.
// * A failure without a host waits until a later line names it.
// * `<F-MLFFORGET>` ends the session.
//
// Of a session's waiting failures Fail2Ban counts one, at the line that names
// the host; so do we with a `pending_limit` of 1. With a higher one, mxban's
// own, each counts with the time and the user of its own line, and nothing is
// concluded from two users.
//
// Bounded by kMaxSessions and kMaxBytes: the session idle for longest goes
// first, and those with a waiting failure last. Thread-compatible; movable.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace mxban {

class FailureJoiner {
 public:
  static constexpr size_t kMaxSessions = 10'000;
  static constexpr size_t kMaxBytes = 16 << 20;

  struct Options {
    uint32_t pending_limit = 1;  // Of a session.
    absl::Duration idle_limit = absl::Minutes(5);
  };

  // What a line can tell of a failure. Null is not the same as empty: what was
  // not captured changes nothing.
  enum Fact { kId, kIp4, kIp6, kDns, kPrefixLength, kUser };
  static constexpr int kFacts = 6;

  // A line that belongs to a session.
  struct Line {
    absl::string_view mlfid;
    std::array<std::optional<absl::string_view>, kFacts> facts;
    std::optional<absl::Time> time;
    uint64_t position = 0;    // In its log.
    uint32_t repetition = 1;  // It stands for so many equal ones.
    bool is_failure = true;
    bool forgets = false;
    bool gained = false;
  };

  // What a session has told so far. Valid until the next Join().
  struct Joined {
    absl::string_view host;        // The address or name; may be empty.
    absl::string_view failure_id;  // The id, else the host.
    absl::string_view prefix_length;
    // One for each failure that the line makes certain; none if there is none.
    absl::Span<const std::optional<absl::Time>> times;
    // Of each of them the user that its own line named; may be empty.
    absl::Span<const std::string> users;
  };

  explicit FailureJoiner(const Options& options) : options_(options) {}

  // REQUIRES: `now` never decreases by more than `idle_limit`.
  Joined Join(const Line& line, absl::Time now);

  // The position of the oldest line whose failure still waits, of those of this
  // log, or of the one so many logs ago; nullopt if none does.
  std::optional<uint64_t> waiting_from(int logs_ago = 0) const;

  // Positions are those of another log from now on.
  void TurnToAnotherLog();

  size_t session_count() const { return sessions_.size(); }

 private:
  struct Pending {
    std::optional<absl::Time> time;
    std::string user;
  };
  struct Session {
    // What was not told is empty.
    std::array<std::string, kFacts> facts;
    bool has_user = false;
    bool has_users = false;  // More than one.
    std::vector<Pending> pending;
    size_t pending_bytes = 0;
    uint64_t pending_from = 0;  // The position of the first of them, in the
    int pending_log = 0;        // so many'th log.
    absl::Time last_time;
    size_t bytes = 0;
    // Into waiting_sessions_ or quiet_sessions_.
    std::list<std::string>::iterator recency_position;
    bool is_waiting = false;
  };
  using Sessions = absl::flat_hash_map<std::string, Session>;

  Session& Open(absl::string_view mlfid);
  void Close(absl::string_view mlfid);
  void Touch(Session& session, absl::Time now);
  void MakeRoom(absl::string_view kept);
  void CloseIdle(absl::Time now);
  static void Merge(const Line& line, Session& session);
  static Joined Tell(const Session& session);
  void Wait(Session& session, const Line& line);
  void Release(Session& session, const Line& line);
  void Add(const std::optional<absl::Time>& time, const std::string& user);
  void ForgetPending(Session& session);

  Options options_;
  Sessions sessions_;
  // The latest first.
  std::list<std::string> quiet_sessions_;
  std::list<std::string> waiting_sessions_;
  // Every `pending_log` and `pending_from`.
  std::multiset<std::pair<int, uint64_t>> waiting_positions_;
  size_t bytes_ = 0;
  int log_ = 0;  // Which one it is, counted from 0.
  absl::Time last_now_ = absl::InfinitePast();

  // What Joined points into.
  Session ended_;  // A session that is not kept.
  std::vector<std::optional<absl::Time>> times_;
  std::vector<std::string> users_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_FAILURE_JOINER_H_
