#include "coordinator/coordinator_metrics.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ban.h"
#include "common/metrics.h"
#include "common/version.h"

namespace mxban {
namespace {

// Bounds the number of series in a large fleet; agents tell of themselves, too.
constexpr size_t kMaxServers = 1'000;

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
  metrics.Counter("mxban_evicted_users_total",
                  "Users with right logins forgotten for want of room "
                  "(--max_sources).",
                  static_cast<double>(statistics.evicted_users));
}

void AddHeldBans(const DecisionLoop& loop, const DecisionStatistics& statistics,
                 MetricsBuilder& metrics) {
  metrics.Gauge("mxban_held_bans", "Bans that wait for an operator.",
                static_cast<double>(loop.held_bans().size()));
  metrics.Family("mxban_bans_held_total",
                 "Bans that a rail held back, by jail and rail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail_and_rail, count] : statistics.held_by_rail) {
    metrics.Sample(
        {{"jail", jail_and_rail.first}, {"rail", jail_and_rail.second}},
        static_cast<double>(count));
  }
}

const char* NameOf(BanOrigin origin) {
  switch (origin) {
    case BanOrigin::kCounted:
      return "counted";
    case BanOrigin::kOperator:
      return "operator";
    case BanOrigin::kLocal:
      return "local";
  }
  return "unknown";
}

void AddBans(const BanTable& table, const DecisionStatistics& statistics,
             MetricsBuilder& metrics) {
  metrics.Family("mxban_bans", "Bans in force, by jail and origin.",
                 prometheus::MetricType::Gauge);
  for (const auto& [name, jail] : *table.jails()) {
    BanTable::OriginCounts counts = table.CountsByOrigin(name);
    for (const BanOrigin origin :
         {BanOrigin::kCounted, BanOrigin::kOperator, BanOrigin::kLocal}) {
      metrics.Sample({{"jail", name}, {"origin", NameOf(origin)}},
                     static_cast<double>(counts[origin]));
    }
  }
  metrics.Family("mxban_bans_imposed_total",
                 "Bans imposed or extended, by jail and origin.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail_and_origin, count] : statistics.imposed) {
    metrics.Sample({{"jail", jail_and_origin.first},
                    {"origin", NameOf(jail_and_origin.second)}},
                   static_cast<double>(count));
  }
  metrics.Family("mxban_bans_ended_total",
                 "Bans that have ended, by jail and reason.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail_and_kind, count] : statistics.ended) {
    const bool is_pardon =
        jail_and_kind.second == BanTable::ChangeKind::kPardoned;
    metrics.Sample({{"jail", jail_and_kind.first},
                    {"reason", is_pardon ? "pardoned" : "expired"}},
                   static_cast<double>(count));
  }
}

double BytesIn(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? static_cast<double>(status.st_size)
                                          : 0;
}

// SQLite changes the database itself in checkpoints only; till then commits are
// in the log beside it.
double CheckpointTime(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? static_cast<double>(status.st_mtime)
                                          : 0;
}

void AddStore(const CoordinatorMetrics::Parts& parts,
              const DecisionStatistics& statistics, MetricsBuilder& metrics) {
  metrics.Histogram("mxban_store_commit_seconds",
                    "How long it took to make a turn durable.",
                    parts.store.commit_seconds());
  metrics.Counter("mxban_store_failed_commits_total",
                  "Turns that could not be made durable.",
                  static_cast<double>(statistics.failed_commits));
  metrics.Gauge("mxban_store_database_bytes", "The size of the database.",
                BytesIn(parts.store_path));
  metrics.Gauge("mxban_store_log_bytes",
                "The size of the log of commits beside the database.",
                BytesIn(absl::StrCat(parts.store_path, "-wal")));
  metrics.Gauge("mxban_store_checkpoint_timestamp_seconds",
                "When commits were last taken over from the log into the "
                "database.",
                CheckpointTime(parts.store_path));
  metrics.Gauge("mxban_store_salvaged",
                "1 if the store was not sound at the start: it is set aside, "
                "and what could be read of it is carried over.",
                parts.is_store_salvaged ? 1 : 0);
}

void AddServers(const CoordinatorMetrics::Parts& parts, size_t servers,
                MetricsBuilder& metrics) {
  const std::vector<AgentInfo> agents = parts.registry.List("", kMaxServers);
  const absl::Time now = parts.clock.TimeNow();
  metrics.Family("mxban_server_connected",
                 "1 while the agent of a server is connected, by server.",
                 prometheus::MetricType::Gauge);
  for (const AgentInfo& agent : agents) {
    metrics.Sample({{"server", agent.server_name}}, agent.connected ? 1 : 0);
  }
  metrics.Family("mxban_server_enforced_revision",
                 "The newest revision that a server's kernel enforces, as far "
                 "as its agent has said since it is connected, by server.",
                 prometheus::MetricType::Gauge);
  for (const AgentInfo& agent : agents) {
    metrics.Sample({{"server", agent.server_name}},
                   static_cast<double>(agent.enforced_revision));
  }
  metrics.Family("mxban_server_lag_seconds",
                 "For how long the oldest revision that a server does not "
                 "enforce has stood, by server; 0 if it enforces all.",
                 prometheus::MetricType::Gauge);
  for (const AgentInfo& agent : agents) {
    metrics.Sample({{"server", agent.server_name}},
                   absl::ToDoubleSeconds(parts.registry.LagOf(agent, now)));
  }
  metrics.Gauge(
      "mxban_servers_not_shown",
      "Servers beyond the first 1,000 by name, which have no series "
      "of their own here.",
      static_cast<double>(servers - std::min(servers, agents.size())));
}

void AddAgents(const CoordinatorMetrics::Parts& parts,
               MetricsBuilder& metrics) {
  const AgentRegistry::Totals agents = parts.registry.GetTotals();
  metrics.Family("mxban_agents", "Agents seen since the start, by state.",
                 prometheus::MetricType::Gauge);
  metrics.Sample({{"state", "current"}}, static_cast<double>(agents.current));
  metrics.Sample({{"state", "behind"}},
                 static_cast<double>(agents.connected - agents.current));
  metrics.Sample({{"state", "away"}},
                 static_cast<double>(agents.agents - agents.connected));
  AddServers(parts, agents.agents, metrics);
  metrics.Histogram("mxban_decision_to_enforced_seconds",
                    "From a decision to the acknowledgement that the kernel of "
                    "a server enforces it, for each server that was connected.",
                    parts.registry.spread_seconds());
  metrics.Counter(
      "mxban_snapshots_encoded_total",
      "Complete sets of bans encoded, each for any number of agents.",
      static_cast<double>(parts.feed.encoded_snapshots()));
  metrics.Counter("mxban_reports_over_quota_total",
                  "Reports refused, for a server said too much "
                  "(--agent_quota).",
                  static_cast<double>(parts.quota.exceeded()));
}

}  // namespace

std::vector<prometheus::MetricFamily> CoordinatorMetrics::Collect() const {
  const DecisionStatistics statistics = parts_.loop.statistics();
  MetricsBuilder metrics;
  metrics.Family("mxban_coordinator_build_info", "The version that runs.",
                 prometheus::MetricType::Gauge);
  metrics.Sample({{"version", kVersion}}, 1);
  AddFailures(statistics, metrics);
  AddRightLogins(statistics, metrics);
  AddBans(parts_.table, statistics, metrics);
  AddHeldBans(parts_.loop, statistics, metrics);
  metrics.Gauge("mxban_paused", "1 while an operator has paused enforcement.",
                parts_.loop.rails()->pause ? 1 : 0);
  metrics.Gauge("mxban_revision", "The newest revision of the ban set.",
                static_cast<double>(parts_.table.revision()));
  metrics.Gauge("mxban_reload_refused",
                "1 if the configuration was refused when it was read last: "
                "the jails of before are in force.",
                parts_.updater.is_reload_granted() ? 0 : 1);
  AddStore(parts_, statistics, metrics);
  AddAgents(parts_, metrics);
  parts_.expiry_watch.AddTo(metrics);
  process_.AddTo(metrics);
  return std::move(metrics).Build();
}

}  // namespace mxban
