#include "common/tracked_sources.h"

#include <algorithm>

namespace mxban {
namespace {

constexpr uint16_t kNameless = 0;

}  // namespace

TrackedSources::TrackedSources()
    : places_(0, Hash{&sources_}, Equal{&sources_}) {
  servers_.Add({});
  numbers_[""] = kNameless;
}

uint16_t TrackedSources::NumberOf(absl::string_view server, int64_t time_us) {
  // Failures come in batches of one server.
  if (server != newest_name_) {
    auto found = numbers_.find(server);
    if (found == numbers_.end()) {
      if (servers_.size() == kMaxServers) return kNameless;
      const uint32_t place = servers_.Add({.newest_us = time_us});
      found = numbers_.try_emplace(server, place).first;
    }
    newest_name_ = found->first;
    newest_number_ = found->second;
  }
  int64_t& newest_us = servers_[newest_number_].newest_us;
  newest_us = std::max(newest_us, time_us);
  return newest_number_;
}

uint32_t TrackedSources::Find(const IpNetwork& network) const {
  const auto found = places_.find(network);
  return found == places_.end() ? kNone : *found;
}

uint32_t TrackedSources::Add(const IpNetwork& network, uint16_t server) {
  const uint32_t place = sources_.Add({.network = network, .server = server});
  places_.insert(place);
  SetShare(server, servers_[server].sources + 1);
  Link(place);
  return place;
}

void TrackedSources::Touch(uint32_t place) {
  if (sources_[place].newer == kNone) return;
  Unlink(place);
  Link(place);
}

void TrackedSources::Remove(uint32_t place) {
  const uint16_t server = sources_[place].server;
  Unlink(place);
  SetShare(server, servers_[server].sources - 1);
  places_.erase(place);
  sources_.Remove(place);
}

uint32_t TrackedSources::ToDisplace(uint16_t server) {
  if (!is_ranked_) Rank();
  const auto [sources, greediest] = *shares_.rbegin();
  const bool is_as_greedy = servers_[server].sources == sources;
  return servers_[is_as_greedy ? server : greediest].oldest;
}

std::vector<uint32_t> TrackedSources::IdlestOfEach() const {
  std::vector<uint32_t> idlest;
  for (const auto& [name, server] : numbers_) {
    if (servers_[server].sources == 0) continue;
    idlest.push_back(servers_[server].oldest);
  }
  return idlest;
}

void TrackedSources::ForgetServersSince(int64_t time_us) {
  absl::erase_if(numbers_, [&](const auto& known) {
    const uint16_t number = known.second;
    const Server& server = servers_[number];
    const bool is_gone = number != kNameless && server.sources == 0 &&
                         server.newest_us <= time_us;
    if (is_gone) servers_.Remove(number);
    return is_gone;
  });
  newest_name_ = "";
  newest_number_ = kNameless;
}

// Puts the source at the newest end of its server's list.
void TrackedSources::Link(uint32_t place) {
  Source& source = sources_[place];
  Server& server = servers_[source.server];
  source.older = server.newest;
  source.newer = kNone;
  (server.newest == kNone ? server.oldest : sources_[server.newest].newer) =
      place;
  server.newest = place;
}

void TrackedSources::Unlink(uint32_t place) {
  const Source& source = sources_[place];
  Server& server = servers_[source.server];
  (source.older == kNone ? server.oldest : sources_[source.older].newer) =
      source.newer;
  (source.newer == kNone ? server.newest : sources_[source.newer].older) =
      source.older;
}

void TrackedSources::SetShare(uint16_t server, uint32_t sources) {
  uint32_t& share = servers_[server].sources;
  if (is_ranked_ && share > 0) shares_.erase({share, server});
  share = sources;
  if (is_ranked_ && share > 0) shares_.insert({share, server});
}

void TrackedSources::Rank() {
  is_ranked_ = true;
  for (const auto& [name, server] : numbers_) {
    const uint32_t share = servers_[server].sources;
    if (share > 0) shares_.insert({share, server});
  }
}

}  // namespace mxban
