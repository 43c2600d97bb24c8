#include "tests/cluster/simulation/truth.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace mxban::simulation {

uint64_t Truth::Write(int server, const Suspect& suspect,
                      const std::string& user) {
  return Add({server, suspect.source, suspect.is_ignored, user, false, {}});
}

uint64_t Truth::WriteLogin(int server, const Suspect& suspect) {
  return Add({server, suspect.source, suspect.is_ignored, "", true, {}});
}

uint64_t Truth::Add(Line line) {
  const uint64_t number = lines_.size() + 1;
  missing_[line.server].insert(number);
  lines_[number] = std::move(line);
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
  // In the order of lines.
  auto login = batch.right_logins.begin();
  for (const Failure& failure : batch.failures) {
    for (; login != batch.right_logins.end() &&
           login->end_offset < failure.end_offset;
         ++login) {
      RecordLogin(server, batch, *login, now);
    }
    const std::optional<uint64_t> number = NumberIn(failure.evidence);
    if (!number.has_value() || !RecordFor(server, batch.jail, *number)) {
      continue;
    }
    const Line& line = lines_[*number];
    if (batch.jail == kLogin && !line.is_ignored) {
      Count(line.source, {std::min(failure.time, now), line.user}, now);
    }
  }
  for (; login != batch.right_logins.end(); ++login) {
    RecordLogin(server, batch, *login, now);
  }
}

// Whether it was not before.
bool Truth::RecordFor(int server, const std::string& jail, uint64_t number) {
  if (!lines_.contains(number)) return false;
  Line& line = lines_[number];
  if (!line.recorded_by.insert(jail).second) return false;
  // By a right login for kLogin nobody can tell which line it was.
  if (line.recorded_by.size() == (line.is_right ? 1 : 2)) {
    missing_[server].erase(number);
  }
  return true;
}

void Truth::RecordLogin(int server, const FailureBatch& batch,
                        const RightLogin& login, absl::Time now) {
  if (batch.jail == kTally) {
    RecordFor(server, batch.jail, NumberIn(login.user).value_or(0));
    return;
  }
  const bool is_new =
      recorded_logins_.insert({server, batch.log_id, login.end_offset}).second;
  const absl::Time time = std::min(login.time, now);
  if (!is_new || time <= now - GoodTime(limits_)) return;
  for (const auto& [number, line] : lines_) {
    if (!line.source.Contains(login.source) || line.is_ignored) continue;
    absl::Time& newest =
        logins_.try_emplace({line.source, login.user}, time).first->second;
    newest = std::max(newest, time);
    return;
  }
}

absl::Duration Truth::GoodTime(const Limits& limits) {
  return std::max(absl::Hours(24), limits.find_time);
}

bool Truth::IsForgiven(const IpNetwork& source, const Failed& failed) const {
  const auto login = logins_.find({source, failed.second});
  return !failed.second.empty() && login != logins_.end() &&
         login->second > failed.first - GoodTime(limits_);
}

// Bans whoever has `max_retry` failures within `find_time`, this one among
// them, that are not forgiven. All failures of a ban are forgotten with it.
void Truth::Count(const IpNetwork& source, const Failed& failed,
                  absl::Time now) {
  const absl::Time time = failed.first;
  // Stamps of logs have no fractions.
  const absl::Time forgiven =
      absl::FromUnixSeconds(absl::ToUnixSeconds(PardonOf(source)));
  if (time <= now - limits_.find_time || time < forgiven) return;
  held_[source].insert(failed);
  if (IsForgiven(source, failed)) return;
  std::multiset<absl::Time> times;
  for (const Failed& other : held_[source]) {
    if (!IsForgiven(source, other)) times.insert(other.first);
  }
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
  if (most < limits_.max_retry || newest + limits_.ban_time <= now) return;
  Settle(source,
         {.expire_time = newest + limits_.ban_time,
          .failure_count = static_cast<uint32_t>(limits_.max_retry)},
         now);
  held_[source].clear();
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
  held_[local.key.source].clear();
}

void Truth::Pardon(const IpNetwork& source, absl::Time now) {
  pardons_[source] = now;
  held_[source].clear();
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
    if (!line.is_ignored && !line.is_right) numbers.insert(number);
  }
  return numbers;
}

std::set<uint64_t> Truth::RightLogins() const {
  std::set<uint64_t> numbers;
  for (const auto& [number, line] : lines_) {
    if (!line.is_ignored && line.is_right) numbers.insert(number);
  }
  return numbers;
}

std::map<IpNetwork, std::multiset<absl::Time>> Truth::CountingTowardsBans(
    absl::Time now) const {
  std::map<IpNetwork, std::multiset<absl::Time>> counting;
  for (const auto& [source, held] : held_) {
    for (const Failed& failed : held) {
      const bool counts =
          failed.first > now - limits_.find_time && !IsForgiven(source, failed);
      if (counts) counting[source].insert(failed.first);
    }
  }
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
