#ifndef MXBAN_COORDINATOR_COUNTED_FAILURES_H_
#define MXBAN_COORDINATOR_COUNTED_FAILURES_H_

// The failures that a turn counts, in the order in which they come.
//
// Most are only stored, so where those of a source are is found out when
// somebody asks first.
//
// Thread-compatible.

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/ban.h"
#include "common/ip_network.h"
#include "coordinator/stored_failure.h"

namespace mxban {

class CountedFailures {
 public:
  void Add(const FailureView& failure) { all_.push_back(failure); }

  // Those of `key` so far count no more.
  void Forget(const BanKey& key);

  // Those of `key` that still count.
  std::vector<FailureView> Of(const BanKey& key);

  // All that still count. Ends the use of the object.
  std::vector<FailureView> Take();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kForgotten = kNone - 1;

  // Where the newest of a source is. Jails are named by the failures.
  using Newest =
      absl::flat_hash_map<std::pair<absl::string_view, IpNetwork>, uint32_t>;
  Newest::iterator Find(const BanKey& key);

  std::vector<FailureView> all_;
  // Of the first of these: where the one before it of the same source is.
  std::vector<uint32_t> before_;
  Newest newest_;
  bool has_forgotten_ = false;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_COUNTED_FAILURES_H_
