#include "coordinator/coordinator_metrics.h"

#include <utility>

#include "common/metrics.h"
#include "common/version.h"

namespace mxban {
namespace {

void AddFailures(const DecisionStatistics& statistics,
                 MetricsBuilder& metrics) {
  metrics.Family("mxban_failures_total", "Failures counted, by jail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail, count] : statistics.failures_by_jail) {
    metrics.Sample({{"jail", jail}}, static_cast<double>(count));
  }
  metrics.Family("mxban_failures_not_counted_total",
                 "Failures reported and not counted, by reason.",
                 prometheus::MetricType::Counter);
  const FailureIntake::Tally& tally = statistics.intake;
  metrics.Sample({{"reason", "repeated"}}, static_cast<double>(tally.repeated));
  metrics.Sample({{"reason", "too_old"}}, static_cast<double>(tally.too_old));
  metrics.Sample({{"reason", "ignored"}}, static_cast<double>(tally.ignored));
  metrics.Sample({{"reason", "pardoned"}}, static_cast<double>(tally.pardoned));
  metrics.Gauge("mxban_tracked_sources", "Sources with failures that count.",
                static_cast<double>(statistics.tracked_sources));
  metrics.Counter("mxban_evicted_sources_total",
                  "Sources forgotten for want of room (--max_sources).",
                  static_cast<double>(statistics.evicted_sources));
}

void AddRightLogins(const DecisionStatistics& statistics,
                    MetricsBuilder& metrics) {
  metrics.Family("mxban_right_logins_total", "Right logins reported, by jail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail, count] : statistics.right_logins_by_jail) {
    metrics.Sample({{"jail", jail}}, static_cast<double>(count));
  }
  metrics.Family("mxban_failures_forgiven_total",
                 "Failures not counted because their user had logged in "
                 "rightly from the same source, by jail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail, count] : statistics.forgiven_by_jail) {
    metrics.Sample({{"jail", jail}}, static_cast<double>(count));
  }
  metrics.Gauge("mxban_good_senders",
                "Sources with a right login within goodtime.",
                static_cast<double>(statistics.good_senders));
  metrics.Gauge("mxban_evicted_users",
                "Users with right logins forgotten for want of room "
                "(--max_sources), since the counts began.",
                static_cast<double>(statistics.evicted_users));
}

void AddHeldBans(const DecisionLoop& loop, const DecisionStatistics& statistics,
                 MetricsBuilder& metrics) {
  metrics.Gauge("mxban_held_bans", "Bans that wait for an operator.",
                static_cast<double>(loop.held_bans().size()));
  metrics.Family("mxban_held_bans_total",
                 "Bans that a rail held back, by jail and rail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail_and_rail, count] : statistics.held_by_rail) {
    metrics.Sample(
        {{"jail", jail_and_rail.first}, {"rail", jail_and_rail.second}},
        static_cast<double>(count));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> CoordinatorMetrics::Collect() const {
  const DecisionStatistics statistics = loop_.statistics();
  const AgentRegistry::Totals agents = registry_.GetTotals();
  MetricsBuilder metrics;
  metrics.Family("mxban_coordinator_build_info", "The version that runs.",
                 prometheus::MetricType::Gauge);
  metrics.Sample({{"version", kVersion}}, 1);

  AddFailures(statistics, metrics);
  AddRightLogins(statistics, metrics);
  metrics.Family("mxban_bans", "Bans in force, by jail.",
                 prometheus::MetricType::Gauge);
  for (const auto& [name, jail] : *table_.jails()) {
    metrics.Sample({{"jail", name}}, static_cast<double>(table_.CountOf(name)));
  }
  AddHeldBans(loop_, statistics, metrics);
  metrics.Gauge("mxban_paused", "1 while an operator has paused enforcement.",
                loop_.rails()->pause ? 1 : 0);
  metrics.Gauge("mxban_revision", "The newest revision of the ban set.",
                static_cast<double>(table_.revision()));
  metrics.Counter("mxban_store_failed_commits_total",
                  "Turns that could not be made durable.",
                  static_cast<double>(statistics.failed_commits));

  metrics.Gauge("mxban_store_salvaged",
                "1 if the store was not sound at the start: it is set aside, "
                "and what could be read of it is carried over.",
                is_store_salvaged_ ? 1 : 0);
  metrics.Counter(
      "mxban_snapshots_encoded_total",
      "Complete sets of bans encoded, each for any number of agents.",
      static_cast<double>(feed_.encoded_snapshots()));

  metrics.Counter("mxban_agent_quota_exceeded_total",
                  "Reports refused, for a server said too much "
                  "(--agent_quota).",
                  static_cast<double>(quota_.exceeded()));
  metrics.Family("mxban_agents", "Agents seen since the start, by state.",
                 prometheus::MetricType::Gauge);
  metrics.Sample({{"state", "current"}}, static_cast<double>(agents.current));
  metrics.Sample({{"state", "behind"}},
                 static_cast<double>(agents.connected - agents.current));
  metrics.Sample({{"state", "away"}},
                 static_cast<double>(agents.agents - agents.connected));
  expiry_watch_.AddTo(metrics);
  return std::move(metrics).Build();
}

}  // namespace mxban
