#include "coordinator/recent_failures.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace mxban {
namespace {

// The `limit` keys with the highest counts, highest first.
template <typename Key>
std::vector<std::pair<Key, uint64_t>> Highest(
    const absl::flat_hash_map<Key, uint64_t>& counts, size_t limit) {
  std::vector<std::pair<Key, uint64_t>> found(std::min(limit, counts.size()));
  std::partial_sort_copy(counts.begin(), counts.end(), found.begin(),
                         found.end(), [](const auto& a, const auto& b) {
                           return a.second != b.second ? a.second > b.second
                                                       : a.first < b.first;
                         });
  return found;
}

}  // namespace

void RecentFailures::Add(const FailureReport& report, absl::Time now) {
  if (report.failures().empty()) return;
  Batch batch = {report.server(), report.jail(), now, {}};
  batch.sources.reserve(report.failures().size());
  for (const ReportedFailure& failure : report.failures()) {
    batch.sources.push_back(failure.source);
  }
  auto added = std::make_shared<const Batch>(std::move(batch));

  absl::MutexLock lock(&mutex_);
  size_ += added->sources.size();
  batches_.push_back(std::move(added));
  while (size_ - batches_.front()->sources.size() >= kMemory) {
    size_ -= batches_.front()->sources.size();
    forgotten_ = batches_.front()->time;
    batches_.pop_front();
  }
}

FailureSummary RecentFailures::Summarize(const Selection& selection) const {
  FailureSummary summary;
  Batches batches;
  {
    absl::MutexLock lock(&mutex_);
    summary.since = std::max(selection.since, forgotten_);
    std::copy_if(
        batches_.begin(), batches_.end(), std::back_inserter(batches),
        [&](const std::shared_ptr<const Batch>& batch) {
          return batch->time >= selection.since &&
                 (selection.jail.empty() || batch->jail == selection.jail);
        });
  }
  SumUpSources(batches, selection.limit, summary);
  SumUpServers(batches, selection.limit, summary);
  return summary;
}

void RecentFailures::SumUpSources(const Batches& batches, size_t limit,
                                  FailureSummary& summary) {
  absl::flat_hash_map<IpNetwork, uint64_t> counts;
  for (const auto& batch : batches) {
    summary.failure_count += batch->sources.size();
    for (const IpNetwork& source : batch->sources) ++counts[source];
  }
  summary.source_count = counts.size();
  for (const auto& [source, count] : Highest(counts, limit)) {
    summary.sources.push_back({source, count, {}, {}, absl::InfinitePast()});
  }
  // The rest is found out of those alone that are told.
  absl::flat_hash_map<IpNetwork, FailureSummary::Source*> told;
  for (FailureSummary::Source& one : summary.sources) told[one.source] = &one;
  for (const auto& batch : batches) {
    for (const IpNetwork& source : batch->sources) {
      const auto found = told.find(source);
      if (found == told.end()) continue;
      found->second->servers.insert(batch->server);
      found->second->jails.insert(batch->jail);
      found->second->newest = std::max(found->second->newest, batch->time);
    }
  }
}

void RecentFailures::SumUpServers(const Batches& batches, size_t limit,
                                  FailureSummary& summary) {
  absl::flat_hash_map<absl::string_view, uint64_t> counts;
  for (const auto& batch : batches) {
    counts[batch->server] += batch->sources.size();
  }
  for (const auto& [server, count] : Highest(counts, limit)) {
    absl::flat_hash_set<IpNetwork> sources;
    for (const auto& batch : batches) {
      if (batch->server != server) continue;
      sources.insert(batch->sources.begin(), batch->sources.end());
    }
    summary.servers.push_back({std::string(server), count, sources.size()});
  }
}

}  // namespace mxban
