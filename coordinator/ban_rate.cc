#include "coordinator/ban_rate.h"

namespace mxban {

void BanRate::Add(const std::string& jail, absl::Time time, uint64_t count) {
  std::deque<Imposed>& imposed = imposed_[jail];
  while (!imposed.empty() && imposed.front().time <= time - kWindow) {
    imposed.pop_front();
  }
  imposed.push_back({time, count});
}

uint64_t BanRate::CountAt(const std::string& jail, absl::Time now) const {
  const auto found = imposed_.find(jail);
  if (found == imposed_.end()) return 0;
  uint64_t count = 0;
  for (auto imposed = found->second.rbegin();
       imposed != found->second.rend() && imposed->time > now - kWindow;
       ++imposed) {
    count += imposed->count;
  }
  return count;
}

}  // namespace mxban
