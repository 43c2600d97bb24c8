#include "coordinator/call_limits.h"

#include "absl/strings/str_cat.h"

namespace mxban {

absl::StatusOr<std::shared_ptr<CallLimits::Call>> CallLimits::Begin(
    const std::string& server, Kind kind) {
  const auto index = static_cast<size_t>(kind);
  {
    absl::MutexLock lock(&mutex_);
    int& open = open_[server][index];
    if (open == kLimits[index]) {
      return absl::ResourceExhaustedError(
          absl::StrCat(server, " has ", open, open == 1 ? " call" : " calls",
                       " of this kind open already"));
    }
    ++open;
  }
  return std::make_shared<Call>(*this, server, kind);
}

void CallLimits::End(const std::string& server, Kind kind) {
  absl::MutexLock lock(&mutex_);
  const auto found = open_.find(server);
  --found->second[static_cast<size_t>(kind)];
  if (found->second == std::array<int, kLimits.size()>{}) open_.erase(found);
}

}  // namespace mxban
