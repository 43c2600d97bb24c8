#ifndef MXBAN_COORDINATOR_PARDONS_H_
#define MXBAN_COORDINATOR_PARDONS_H_

// Remembers whom operators have pardoned, and when: what happened before that
// is forgiven, however late a server that was cut off comes to tell it.
//
// A pardon of a network is one of every source within it. Memory is bounded:
// beyond kMaxPardons the oldest go, but for those of one time.
//
// Thread-compatible.

#include <cstddef>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "coordinator/store_records.h"

namespace mxban {

inline constexpr size_t kMaxPardons = 100'000;

class Pardons {
 public:
  // Forgets all others.
  void Load(const std::vector<Pardon>& pardons);

  void Add(const Pardon& pardon);

  // When the source of `key`, or a network around it, was last pardoned in its
  // jail; InfinitePast() if never.
  absl::Time NewestOf(const BanKey& key) const;

  // Whether a failure at `time` was pardoned.
  bool Covers(const BanKey& key, absl::Time time) const;

  // Forgets those before `time`, and the oldest beyond what is kept. Returns
  // the time before which none is left.
  absl::Time ForgetBefore(absl::Time time);

 private:
  absl::flat_hash_map<BanKey, absl::Time> times_;
  absl::btree_set<int> prefix_lengths_;  // Of all in times_, and maybe others.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PARDONS_H_
