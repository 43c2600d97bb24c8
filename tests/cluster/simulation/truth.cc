#include "tests/cluster/simulation/truth.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace mxban::simulation {

uint64_t Truth::Write(int server, const Suspect& suspect) {
  const uint64_t number = lines_.size() + 1;
  lines_[number] = {server, suspect.source, suspect.is_ignored, {}};
  missing_[server].insert(number);
  return number;
}

std::string Truth::Serial(uint64_t number) {
  return absl::StrFormat("#%08d", number);
}

std::optional<uint64_t> Truth::NumberIn(const std::string& line) {
  const size_t begin = line.find('#');
  uint64_t number = 0;
  if (begin == std::string::npos ||
      !absl::SimpleAtoi(line.substr(begin + 1, 8), &number)) {
    return std::nullopt;
  }
  return number;
}

void Truth::Record(int server, const FailureBatch& batch, absl::Time now) {
  for (const Failure& failure : batch.failures) {
    const std::optional<uint64_t> number = NumberIn(failure.evidence);
    if (!number.has_value() || !lines_.contains(*number)) continue;
    Line& line = lines_[*number];
    if (!line.recorded_by.insert(batch.jail).second) continue;  // Known.
    if (line.recorded_by.size() == 2) missing_[server].erase(*number);
    if (batch.jail == kLogin && !line.is_ignored) {
      Count(line.source, std::min(failure.time, now), now);
    }
  }
}

void Truth::SetLimits(const Limits& limits) {
  limits_ = limits;
  for (auto& [source, times] : times_) Trim(times);
}

void Truth::Trim(std::multiset<absl::Time>& times) const {
  while (times.size() > 2 * limits_.max_retry - 1) times.erase(times.begin());
}

// Bans whoever has `max_retry` failures within `find_time`, this one among
// them. All failures of a ban are forgotten with it.
void Truth::Count(const IpNetwork& source, absl::Time time, absl::Time now) {
  // Stamps of logs have no fractions.
  const absl::Time forgiven =
      absl::FromUnixSeconds(absl::ToUnixSeconds(PardonOf(source)));
  if (time <= now - limits_.find_time || time < forgiven) return;
  std::multiset<absl::Time>& times = times_[source];
  times.insert(time);
  size_t most = 0;
  absl::Time newest;
  for (auto first = times.rbegin(); first != times.rend(); ++first) {
    if (*first > time || *first <= time - limits_.find_time) continue;
    size_t count = 0;
    absl::Time last;
    for (const absl::Time& other : times) {
      if (other < *first || other >= *first + limits_.find_time) continue;
      ++count;
      last = other;
    }
    if (count > most) {
      most = count;
      newest = last;
    }
  }
  if (most < limits_.max_retry || newest + limits_.ban_time <= now) {
    return Trim(times);
  }
  Settle(source,
         {.expire_time = newest + limits_.ban_time,
          .failure_count = static_cast<uint32_t>(limits_.max_retry)},
         now);
  times.clear();
}

// When an operator last pardoned the source.
absl::Time Truth::PardonOf(const IpNetwork& source) const {
  const auto found = pardons_.find(source);
  return found == pardons_.end() ? absl::UnixEpoch() : found->second;
}

void Truth::Settle(const IpNetwork& source, Standing decided, absl::Time now) {
  const auto found = bans_.find(source);
  if (found == bans_.end() || found->second.expire_time <= now) {
    decided.previous_ban_count = ban_counts_[source]++;
    bans_[source] = decided;
    return;
  }
  Standing& standing = found->second;
  if (standing.expire_time == absl::InfiniteFuture() ||
      decided.expire_time < standing.expire_time + absl::Seconds(1)) {
    return;  // None becomes shorter.
  }
  standing.expire_time = decided.expire_time;
  standing.failure_count += decided.failure_count;
  standing.is_operators |= decided.is_operators;
}

void Truth::Impose(const IpNetwork& source, absl::Duration duration,
                   absl::Time now) {
  Settle(source, {.expire_time = now + duration, .is_operators = true}, now);
}

void Truth::TakeOver(const Ban& local, absl::Time now) {
  const absl::Time end = std::min(local.expire_time, now + limits_.ban_time);
  if (end <= now || local.create_time < PardonOf(local.key.source)) return;
  Settle(local.key.source,
         {.expire_time = end, .failure_count = local.failure_count}, now);
  times_[local.key.source].clear();
}

void Truth::Pardon(const IpNetwork& source, absl::Time now) {
  pardons_[source] = now;
  times_[source].clear();
  bans_.erase(source);
  ban_counts_[source] = 0;
}

size_t Truth::MissingOf(int server) const {
  size_t count = 0;
  for (const auto& [name, numbers] : missing_) {
    if (server < 0 || name == server) count += numbers.size();
  }
  return count;
}

std::string Truth::FirstMissing() const {
  for (const auto& [server, numbers] : missing_) {
    if (!numbers.empty()) return Serial(*numbers.begin());
  }
  return "none";
}

std::set<uint64_t> Truth::Counting() const {
  std::set<uint64_t> numbers;
  for (const auto& [number, line] : lines_) {
    if (!line.is_ignored) numbers.insert(number);
  }
  return numbers;
}

std::map<IpNetwork, std::multiset<absl::Time>> Truth::CountingTowardsBans(
    absl::Time now) const {
  auto counting = times_;
  for (auto& [source, times] : counting) {
    std::erase_if(times, [&](absl::Time time) {
      return time <= now - limits_.find_time;
    });
  }
  std::erase_if(counting, [](const auto& pair) { return pair.second.empty(); });
  return counting;
}

std::map<IpNetwork, Truth::Standing> Truth::StandingAt(absl::Time now) const {
  auto standing = bans_;
  std::erase_if(standing, [&](const auto& pair) {
    return pair.second.expire_time <= now;
  });
  return standing;
}

}  // namespace mxban::simulation
