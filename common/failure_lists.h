#ifndef MXBAN_COMMON_FAILURE_LISTS_H_
#define MXBAN_COMMON_FAILURE_LISTS_H_

// The failures that a FailureCounter keeps of each source, 16 bytes each.
//
// A list is named by its first place, which changes with what is written; kNone
// is the empty one. They are read and written as a whole: most hold one or two
// failures, and few more than a jail's limit.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/pool.h"

namespace mxban {

struct KeptFailure {
  int64_t time_us = 0;  // Since 1970.
  uint16_t server = 0;  // Its number.
  uint16_t user = 0;    // A hash; 0 for nobody.
};

class FailureLists {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Makes `failures` those of `list`, oldest first.
  void Read(uint32_t list, std::vector<KeptFailure>& failures) const;

  // Puts `failures`, oldest first, in the place of `list`. Returns the new one.
  uint32_t Write(uint32_t list, absl::Span<const KeptFailure> failures);

  // REQUIRES: `list` is not empty.
  int64_t NewestTime(uint32_t list) const { return links_[list].time_us; }

  // Where the newest failure of `list` lies. REQUIRES: as before.
  const void* NewestOf(uint32_t list) const { return &links_[list]; }

  // How many failures there are in all lists.
  size_t size() const { return links_.size(); }

 private:
  // Newest first: who looks for the newest need not walk.
  struct Link {
    int64_t time_us;
    uint16_t server;
    uint16_t user;
    uint32_t older;
  };
  static_assert(sizeof(Link) == 16);

  Pool<Link> links_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_FAILURE_LISTS_H_
