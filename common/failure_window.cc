#include "common/failure_window.h"

#include <algorithm>
#include <utility>

namespace mxban {
namespace {

// The first failure at `time_us` or later.
size_t FirstAt(absl::Span<const KeptFailure> failures, int64_t time_us) {
  return std::lower_bound(failures.begin(), failures.end(), time_us,
                          [](const KeptFailure& failure, int64_t time_us) {
                            return failure.time_us < time_us;
                          }) -
         failures.begin();
}

}  // namespace

FailureWindow::Largest FailureWindow::LargestAround(
    absl::Span<const KeptFailure> failures, size_t index) {
  const int64_t time_us = failures[index].time_us;
  if (failures.size() == 1) return {1, 1, time_us};
  size_t end = FirstAt(failures, time_us + length_us_);
  tally_.clear();
  for (size_t i = index + 1; i < end; ++i) ++tally_[failures[i].server];
  Largest largest;
  // Each window that holds failures[index] is given by its first failure; of
  // windows alike the latest counts.
  for (size_t first = index + 1; first-- > 0;) {
    if (failures[first].time_us <= time_us - length_us_) break;
    ++tally_[failures[first].server];
    while (failures[end - 1].time_us >= failures[first].time_us + length_us_) {
      const auto last = tally_.find(failures[--end].server);
      if (--last->second == 0) tally_.erase(last);
    }
    const Largest here = {std::min(end - first, max_failures_), tally_.size(),
                          failures[end - 1].time_us};
    if (std::pair(here.failures, std::min(here.servers, min_servers_)) >
        std::pair(largest.failures, std::min(largest.servers, min_servers_))) {
      largest = here;
    }
  }
  return largest;
}

void FailureWindow::DropUnneeded(std::vector<KeptFailure>& failures) {
  const int64_t too_old_us = failures.back().time_us - 2 * length_us_;
  failures.erase(failures.begin(),
                 failures.begin() + FirstAt(failures, too_old_us + 1));
  const size_t enough = MaxKept(max_failures_, min_servers_);
  while (failures.size() > enough) {
    failures.erase(failures.begin() + OldestUnneeded(failures));
  }
}

size_t FailureWindow::OldestUnneeded(absl::Span<const KeptFailure> failures) {
  size_t oldest = 0;
  tally_.clear();
  for (size_t i = failures.size(); i-- > 0;) {
    const bool is_needed =
        tally_.size() < min_servers_ && ++tally_[failures[i].server] == 1;
    if (!is_needed) oldest = i;
  }
  return oldest;
}

}  // namespace mxban
