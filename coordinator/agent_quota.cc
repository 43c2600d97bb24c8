#include "coordinator/agent_quota.h"

#include <algorithm>

namespace mxban {

AgentQuota::Verdict AgentQuota::Take(const std::string& server, size_t count,
                                     absl::Time now) {
  if (rate_ <= 0) return Verdict::kGranted;
  absl::MutexLock lock(&mutex_);
  Account& account = AccountOf(server, now);
  const absl::Duration cost = absl::Seconds(static_cast<double>(count) / rate_);
  const absl::Time begin = std::max(account.free_time, now);
  if (begin + std::min(cost, kBurst) <= now + kBurst) {
    account.free_time = begin + cost;
    return Verdict::kGranted;
  }
  ++exceeded_;
  if (now < account.warning_time + kBurst) return Verdict::kExceededAgain;
  account.warning_time = now;
  return Verdict::kExceeded;
}

uint64_t AgentQuota::exceeded() const {
  absl::MutexLock lock(&mutex_);
  return exceeded_;
}

AgentQuota::Account& AgentQuota::AccountOf(const std::string& server,
                                           absl::Time now) {
  if (now >= next_sweep_) {
    next_sweep_ = now + kBurst;
    absl::erase_if(accounts_, [now](const auto& account) {
      return account.second.free_time <= now &&
             account.second.warning_time + kBurst <= now;
    });
  }
  const auto found = accounts_.find(server);
  if (found != accounts_.end()) return found->second;
  if (accounts_.size() == kMaxServers) return shared_;
  return accounts_[server];
}

}  // namespace mxban
