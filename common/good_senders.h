#ifndef MXBAN_COMMON_GOOD_SENDERS_H_
#define MXBAN_COMMON_GOOD_SENDERS_H_

// Knows which users have lately logged in rightly, and from where.
//
// A failed login of such a user from the same source is a slip of the finger:
// it is forgiven. That of any other user at the source is not, or whoever has
// one stolen password would clear himself with it.
//
// Only the newest right login of each user at each source matters, so what is
// known does not depend on the order in which logins are told.
//
// Time is an argument, never read from a clock. Memory is bounded: at most
// `max_users` users are known over all sources. Beyond that those are forgotten
// whose newest login is the oldest, all of that time at once. A user is kept as
// a hash under a random seed: nobody can choose a name that is taken for
// another one.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

class GoodSenders {
 public:
  struct Limits {
    absl::Duration good_time = absl::Hours(24);  // Open at its old end.
    // The longest time by which a failure that is asked about is past.
    absl::Duration lateness = absl::Minutes(20);
    size_t max_users = 1'000'000;

    friend bool operator==(const Limits&, const Limits&) = default;
  };

  // REQUIRES: every limit is positive.
  explicit GoodSenders(const Limits& limits);

  // Goes on with other limits. REQUIRES: as above.
  void SetLimits(const Limits& limits);

  // That `user` logged in rightly from `source`. Returns whether no later login
  // of that user there was known; then the failures that are held of them are
  // forgiven.
  bool Record(const IpNetwork& source, absl::string_view user, absl::Time time);

  // Whether a failure of `user` from `source` at `time` does not count: their
  // newest right login is less than `good_time` older, or later. Never without
  // a user.
  bool Forgives(const IpNetwork& source, absl::string_view user,
                absl::Time time) const;

  // The newest right login of anyone from `source`.
  std::optional<absl::Time> NewestOf(const IpNetwork& source) const;

  // Whether someone has logged in rightly from `source` within `good_time`
  // before `now`.
  bool IsGood(const IpNetwork& source, absl::Time now) const;

  // How many sources are good at `now`. Looks only at those that have become
  // good, or are it no longer, since this was asked last.
  size_t good_sources(absl::Time now);

  // Forgets the logins so old that they forgive nothing that is asked about at
  // `now`.
  void ForgetStale(absl::Time now);

  const Limits& limits() const { return limits_; }
  size_t tracked_users() const { return logins_.size(); }

  // How many users were forgotten for want of room, since construction; the
  // last time were it all those whose newest login was at `evicted_until` or
  // earlier.
  uint64_t evicted_users() const { return evicted_users_; }
  absl::Time evicted_until() const { return evicted_until_; }

 private:
  struct Login {
    int64_t time;  // Microseconds since 1970. First: orders by it.
    IpNetwork source;
    uint64_t user;  // Hashed.

    friend auto operator<=>(const Login&, const Login&) = default;
  };
  struct Sender {
    int64_t newest;
    size_t users = 0;
  };

  uint64_t HashOf(const IpNetwork& source, absl::string_view user) const;
  void SetNewest(const IpNetwork& source, Sender& sender, int64_t time);
  void InsertNewest(const IpNetwork& source, int64_t time);
  void EraseNewest(const IpNetwork& source, int64_t time);
  void ForgetOldest();
  void MakeRoom();

  Limits limits_;
  const uint64_t seed_;
  // By the hash of source and user: that of their newest login.
  absl::flat_hash_map<uint64_t, int64_t> logins_;
  absl::btree_set<Login> by_time_;  // The same, oldest first.
  absl::flat_hash_map<IpNetwork, Sender> senders_;
  absl::btree_set<std::pair<int64_t, IpNetwork>> by_newest_;  // Of senders_.
  size_t old_ = 0;  // So many of these are at `old_until_` or earlier.
  int64_t old_until_ = 0;
  uint64_t evicted_users_ = 0;
  absl::Time evicted_until_ = absl::InfinitePast();
};

}  // namespace mxban

#endif  // MXBAN_COMMON_GOOD_SENDERS_H_
