#ifndef MXBAN_COMMON_FAILURE_COUNTER_H_
#define MXBAN_COMMON_FAILURE_COUNTER_H_

// Counts recent failures per source, exactly.
//
// A source that spreads its attempts over twenty servers stays below every
// local limit. A FailureCounter is where the reports of one jail meet.
//
// The window is exact: Record() tells how many failures lie within `window` of
// each other, whatever order they arrive in. Fail2Ban estimates a rate instead.
//
// Users are kept as 16 bits of a hash that no one outside can foresee. Of two
// users of one source every 65,535th pair is taken for one: then a right login
// of the one forgives the other's failures, too.
//
// Time is an argument, never read from a clock. Memory is bounded: of one
// source only so many failures are kept as can still matter, and the room for
// `max_sources` is shared fairly between servers (tracked_sources.h). A source
// with n failures takes some 45 + 17 n bytes.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/failure_lists.h"
#include "common/failure_window.h"
#include "common/ip_network.h"
#include "common/tracked_sources.h"

namespace mxban {

class FailureCounter {
 public:
  struct Limits {
    absl::Duration window = absl::Minutes(10);  // Open at its old end.
    size_t max_failures = 3;                    // What is asked for: maxretry.
    size_t max_sources = 1'000'000;
    size_t min_servers = 1;  // What is asked for: minservers.

    friend bool operator==(const Limits&, const Limits&) = default;
  };

  // REQUIRES: every limit is positive.
  explicit FailureCounter(const Limits& limits);

  struct Count {
    size_t failures = 0;
    size_t servers = 0;        // That saw them, different ones.
    absl::Time newest;         // Of those failures.
    bool has_dropped = false;  // Older failures, which matter no more.
  };

  // The most failures that are kept of one source.
  static size_t MaxKept(const Limits& limits);

  // Records a failure that `server` saw, a login of `user` (empty: of nobody).
  // Returns the largest number of failures, this one among them, that lie
  // within one window; exact up to `max_failures`. Of windows with so many it
  // is one that `min_servers` servers saw, if there is any.
  //
  // With `min_servers` above 1 such a window is found for certain if failures
  // come in the order of time. One that comes late may miss a window in whose
  // time more failures came from one server than are kept. What is told was
  // always seen: too little it may be, too much never.
  //
  // REQUIRES: `time` is later than one window before every `time` yet to come
  // or recorded before, as it is when lines older than the window are refused.
  Count Record(const IpNetwork& source, absl::Time time,
               absl::string_view server = "", absl::string_view user = "");

  // Looks where `source` is, so that the processor has it at hand when it is
  // recorded: with a million sources, fetching it takes longer than all else.
  // Of several that are looked for together it fetches many at once.
  void LookFor(const IpNetwork& source) const;

  // Starts `source` afresh, because it was banned or pardoned.
  void Forget(const IpNetwork& source);

  // Forgets the failures of `user` from `source`, who has logged in rightly.
  // Where more failures came than were kept, too little may be left; never if
  // whoever reaches the limit is forgotten.
  void Forgive(const IpNetwork& source, absl::string_view user);

  // Forgets sources whose failures are all so old that they cannot count with
  // one that happens at `now`, and returns them: at most kMaxStale, so that it
  // takes no time; the next call goes on. Looks only at those idle for longest.
  static constexpr size_t kMaxStale = 2'000;
  std::vector<IpNetwork> ForgetStale(absl::Time now);

  // Who was forgotten for want of room since this was asked last; of more than
  // kMaxEvicted the first.
  static constexpr size_t kMaxEvicted = 10'000;
  std::vector<IpNetwork> TakeEvicted();

  const Limits& limits() const { return limits_; }
  size_t tracked_sources() const { return sources_.size(); }

  // How many sources were forgotten for want of room.
  uint64_t evicted_sources() const { return evicted_sources_; }

 private:
  // The place of `source` as the one used last; adds it if need be.
  uint32_t PlaceFor(const IpNetwork& source, uint16_t server);
  void Remove(uint32_t place);
  uint16_t HashOf(absl::string_view user) const;

  const Limits limits_;
  const int64_t window_us_;
  const uint64_t seed_;
  FailureWindow window_;
  TrackedSources sources_;
  FailureLists failures_;
  std::vector<KeptFailure> kept_;  // Of one source; for its memory alone.
  std::vector<IpNetwork> evicted_;
  uint64_t evicted_sources_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_FAILURE_COUNTER_H_
