#include "coordinator/ban_rate.h"

namespace mxban {

void BanRate::Add(const std::string& jail, absl::Time time, uint64_t count) {
  imposed_.try_emplace(jail, kWindow).first->second.Add(time, count);
}

uint64_t BanRate::CountAt(const std::string& jail, absl::Time now) const {
  const auto imposed = imposed_.find(jail);
  return imposed == imposed_.end() ? 0 : imposed->second.CountAt(now);
}

}  // namespace mxban
