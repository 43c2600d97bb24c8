#include "coordinator/agent_registry.h"

#include <algorithm>
#include <utility>

namespace mxban {
namespace {

constexpr size_t kRememberedRevisions = 10'000;
constexpr size_t kRememberedAcknowledgements = 100;

}  // namespace

uint64_t AgentRegistry::Connect(AgentInfo agent, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Stream& stream = streams_[agent.server_name];
  if (stream.agent.connected) {
    Uncount(stream.agent.enforced_revision);
  }
  // What it says it holds is not yet what its kernel enforces.
  agent.enforced_revision = 0;
  agent.connected = true;
  agent.contact_time = now;
  stream = {std::move(agent), next_ticket_++, revision_};
  ++enforcing_[0];
  // What was decided before the first stream may have been enforced all along.
  memories_.try_emplace(stream.agent.server_name, Memory{{}, revision_ + 1});
  return stream.ticket;
}

void AgentRegistry::Disconnect(const std::string& server_name, uint64_t ticket,
                               absl::Time now) {
  EnforcedCallback enforced;
  uint64_t least;
  {
    absl::MutexLock lock(&mutex_);
    Stream* const stream = Find(server_name, ticket);
    if (stream == nullptr) return;
    const uint64_t before = LeastEnforced();
    stream->agent.connected = false;
    stream->agent.contact_time = now;
    Uncount(stream->agent.enforced_revision);
    least = LeastEnforced();
    // Perhaps everybody had been waiting for this one.
    if (before != 0 && least > before) enforced = enforced_;
  }
  if (enforced != nullptr) enforced(least, now);
}

void AgentRegistry::Acknowledge(const std::string& server_name, uint64_t ticket,
                                Acknowledgement said, absl::Time now) {
  EnforcedCallback enforced;
  uint64_t least;
  {
    absl::MutexLock lock(&mutex_);
    Stream* const stream = Find(server_name, ticket);
    if (stream == nullptr) return;
    AgentInfo& agent = stream->agent;
    agent.contact_time = now;
    agent.status = std::move(said.status);
    if (!said.firewall.empty()) agent.firewall = std::move(said.firewall);
    // Nobody can enforce what was not decided.
    const uint64_t revision = std::min(said.revision, revision_);
    if (revision <= agent.enforced_revision) return;
    MeasureSpread(*stream, agent.enforced_revision, revision, now);
    const uint64_t before = LeastEnforced();
    Uncount(agent.enforced_revision);
    ++enforcing_[revision];
    agent.enforced_revision = revision;
    Remember(server_name, revision, now);
    least = LeastEnforced();
    // A server that catches up from nothing tells no news.
    if (before != 0 && least > before) enforced = enforced_;
  }
  if (enforced != nullptr) enforced(least, now);
}

AgentRegistry::Stream* AgentRegistry::Find(const std::string& server_name,
                                           uint64_t ticket) {
  const auto found = streams_.find(server_name);
  if (found == streams_.end() || found->second.ticket != ticket) return nullptr;
  return &found->second;
}

void AgentRegistry::Uncount(uint64_t revision) {
  if (--enforcing_[revision] == 0) enforcing_.erase(revision);
}

void AgentRegistry::OnUpdate(const BanTable::Update& update) {
  absl::MutexLock lock(&mutex_);
  if (update.revision == revision_) return;
  revision_ = update.revision;
  spreads_.push_back({update.revision, update.time, std::nullopt});
  if (spreads_.size() > kRememberedRevisions) spreads_.pop_front();
}

void AgentRegistry::SetEnforcedCallback(EnforcedCallback callback) {
  absl::MutexLock lock(&mutex_);
  enforced_ = std::move(callback);
}

AgentRegistry::Progress AgentRegistry::ProgressOf(const Ban& ban) const {
  absl::MutexLock lock(&mutex_);
  Progress progress;
  progress.servers = streams_.size();
  for (const auto& [name, stream] : streams_) {
    if (stream.agent.enforced_revision >= ban.revision) {
      ++progress.enforcing_servers;
    }
  }
  const auto spread = std::lower_bound(
      spreads_.begin(), spreads_.end(), ban.revision,
      [](const Spread& s, uint64_t revision) { return s.revision < revision; });
  if (spread != spreads_.end() && spread->revision == ban.revision) {
    progress.slowest = spread->slowest;
  }
  return progress;
}

AgentRegistry::Enforcement AgentRegistry::EnforcementOf(const Ban& ban) const {
  absl::MutexLock lock(&mutex_);
  Enforcement enforcement;
  for (const auto& [name, stream] : streams_) {
    if (stream.agent.enforced_revision < ban.revision) {
      enforcement.missing.push_back(name);
      continue;
    }
    Enforcement::Server& server = enforcement.enforcing.emplace_back();
    server.name = name;
    const Memory& memory = memories_.at(name);
    if (ban.revision < memory.known_since) continue;
    const auto first = std::lower_bound(
        memory.acknowledged.begin(), memory.acknowledged.end(), ban.revision,
        [](const Acknowledged& a, uint64_t revision) {
          return a.revision < revision;
        });
    if (first != memory.acknowledged.end()) server.since = first->time;
  }
  return enforcement;
}

AgentRegistry::Totals AgentRegistry::GetTotals() const {
  absl::MutexLock lock(&mutex_);
  Totals totals;
  totals.agents = streams_.size();
  for (const auto& [name, stream] : streams_) {
    if (!stream.agent.connected) continue;
    ++totals.connected;
    if (stream.agent.enforced_revision >= revision_) ++totals.current;
  }
  return totals;
}

std::vector<AgentInfo> AgentRegistry::List(const std::string& after,
                                           size_t limit) const {
  absl::MutexLock lock(&mutex_);
  std::vector<AgentInfo> agents;
  for (auto next = streams_.upper_bound(after);
       next != streams_.end() && agents.size() < limit; ++next) {
    agents.push_back(next->second.agent);
  }
  return agents;
}

absl::Duration AgentRegistry::LagOf(const AgentInfo& agent,
                                    absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  if (agent.enforced_revision >= revision_) return absl::ZeroDuration();
  const auto missing = std::upper_bound(
      spreads_.begin(), spreads_.end(), agent.enforced_revision,
      [](uint64_t revision, const Spread& s) { return revision < s.revision; });
  // Nothing was decided since the start: it has yet to say what it enforces.
  const absl::Time since =
      missing == spreads_.end() ? agent.contact_time : missing->decision_time;
  return std::max(now - since, absl::ZeroDuration());
}

void AgentRegistry::Remember(const std::string& server_name, uint64_t revision,
                             absl::Time now) {
  Memory& memory = memories_.at(server_name);
  // After a reconnection it acknowledges again what it did before.
  if (!memory.acknowledged.empty() &&
      revision <= memory.acknowledged.back().revision) {
    return;
  }
  memory.acknowledged.push_back({revision, now});
  if (memory.acknowledged.size() <= kRememberedAcknowledgements) return;
  memory.known_since = memory.acknowledged.front().revision + 1;
  memory.acknowledged.pop_front();
}

void AgentRegistry::MeasureSpread(const Stream& stream, uint64_t from,
                                  uint64_t to, absl::Time now) {
  // What was decided before the stream opened says nothing about its speed.
  from = std::max(from, stream.first_revision);
  auto spread = std::upper_bound(
      spreads_.begin(), spreads_.end(), from,
      [](uint64_t revision, const Spread& s) { return revision < s.revision; });
  for (; spread != spreads_.end() && spread->revision <= to; ++spread) {
    const absl::Duration took = now - spread->decision_time;
    spread->slowest = std::max(spread->slowest.value_or(took), took);
    spread_seconds_.Observe(absl::ToDoubleSeconds(took));
  }
}

uint64_t AgentRegistry::LeastEnforced() const {
  return enforcing_.empty() ? 0 : enforcing_.begin()->first;
}

}  // namespace mxban
