#ifndef MXBAN_COMMON_FAILURE_WINDOW_H_
#define MXBAN_COMMON_FAILURE_WINDOW_H_

// How many failures of one source lie within one window, and which of them must
// be kept to know it when the next one comes.
//
// Failures are in the order of time. The next one is later than the newest less
// one window, so a window that holds it begins within two windows of the
// newest.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "common/failure_lists.h"

namespace mxban {

class FailureWindow {
 public:
  // The window is open at its old end. REQUIRES: all are positive.
  FailureWindow(int64_t length_us, size_t max_failures, size_t min_servers)
      : length_us_(length_us),
        max_failures_(max_failures),
        min_servers_(min_servers) {}

  // The most failures that are kept; see DropUnneeded().
  static size_t MaxKept(size_t max_failures, size_t min_servers) {
    return 2 * max_failures - 1 + min_servers - 1;
  }

  struct Largest {
    size_t failures = 0;  // At most max_failures.
    size_t servers = 0;   // That saw those of this window.
    int64_t newest_us = 0;
  };

  // The window around failures[index] with the most failures, and of those
  // with max_failures the one with the most servers, up to min_servers.
  Largest LargestAround(absl::Span<const KeptFailure> failures, size_t index);

  // Drops what cannot count with any failure to come: what is two windows old,
  // and what is more than the newest 2 * max_failures - 1, for a late failure
  // may need max_failures - 1 on either side of it. Of each of the newest
  // min_servers servers the newest failure stays. REQUIRES: not empty.
  void DropUnneeded(std::vector<KeptFailure>& failures);

 private:
  // The oldest that is not the newest of a server that must be kept.
  size_t OldestUnneeded(absl::Span<const KeptFailure> failures);

  const int64_t length_us_;
  const size_t max_failures_;
  const size_t min_servers_;
  // How often each server occurs; kept for its memory alone.
  absl::flat_hash_map<uint16_t, size_t> tally_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_FAILURE_WINDOW_H_
