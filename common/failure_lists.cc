#include "common/failure_lists.h"

#include <algorithm>

namespace mxban {

void FailureLists::Read(uint32_t list,
                        std::vector<KeptFailure>& failures) const {
  failures.clear();
  for (; list != kNone; list = links_[list].older) {
    const Link& link = links_[list];
    failures.push_back({link.time_us, link.server, link.user});
  }
  std::reverse(failures.begin(), failures.end());
}

uint32_t FailureLists::Write(uint32_t list,
                             absl::Span<const KeptFailure> failures) {
  uint32_t written = kNone;
  for (const KeptFailure& failure : failures) {
    const Link link = {failure.time_us, failure.server, failure.user, written};
    if (list == kNone) {
      written = links_.Add(link);
      continue;
    }
    // The places of the old list are used up first.
    written = list;
    list = links_[list].older;
    links_[written] = link;
  }
  while (list != kNone) {
    const uint32_t unused = list;
    list = links_[list].older;
    links_.Remove(unused);
  }
  return written;
}

}  // namespace mxban
