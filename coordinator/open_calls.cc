#include "coordinator/open_calls.h"

#include <string>
#include <utility>

#include "spdlog/spdlog.h"

namespace mxban {

OpenCalls::Ticket OpenCalls::Add(grpc::CallbackServerContext& context,
                                 Check check) {
  absl::MutexLock lock(&mutex_);
  const uint64_t id = next_id_++;
  calls_.emplace(id, Call{context, std::move(check)});
  return Ticket(*this, id);
}

void OpenCalls::Step() {
  // The lock is free between two calls, for whoever ends meanwhile.
  uint64_t last = 0;
  while (true) {
    absl::MutexLock lock(&mutex_);
    const auto next = calls_.upper_bound(last);
    if (next == calls_.end()) return;
    last = next->first;
    const absl::Status status = next->second.check();
    if (status.ok()) continue;
    spdlog::warn("the stream of {} ends: {}", next->second.context.peer(),
                 std::string(status.message()));
    next->second.context.TryCancel();
  }
}

void OpenCalls::Remove(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  calls_.erase(id);
}

}  // namespace mxban
