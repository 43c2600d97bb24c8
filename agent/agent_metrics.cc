#include "agent/agent_metrics.h"

#include <chrono>
#include <utility>

#include "common/metrics.h"
#include "common/version.h"

namespace mxban {
namespace {

void AddReading(const LogReader::Statistics& reader, MetricsBuilder& metrics) {
  metrics.Counter("mxban_agent_lines_total", "Log lines read.",
                  static_cast<double>(reader.lines));
  metrics.Counter("mxban_agent_reading_seconds_total",
                  "Time that reading logs and matching their lines took, "
                  "measured once for all that was there to be read.",
                  std::chrono::duration<double>(reader.reading_time).count());
  metrics.Family("mxban_agent_failures_total",
                 "Failures found and reported, by jail.",
                 prometheus::MetricType::Counter);
  for (const auto& [jail, failures] : reader.failures_by_jail) {
    metrics.Sample({{"jail", jail}}, static_cast<double>(failures));
  }
  metrics.Counter("mxban_agent_right_logins_total",
                  "Right logins found and reported.",
                  static_cast<double>(reader.right_logins));
  metrics.Family("mxban_agent_failures_not_reported_total",
                 "Failures found and not reported, by reason.",
                 prometheus::MetricType::Counter);
  metrics.Sample({{"reason", "too_old"}}, static_cast<double>(reader.too_old));
  metrics.Sample({{"reason", "without_time"}},
                 static_cast<double>(reader.without_time));
  metrics.Sample({{"reason", "without_address"}},
                 static_cast<double>(reader.without_address));
  metrics.Sample({{"reason", "own_address"}}, static_cast<double>(reader.own));
  metrics.Family("mxban_agent_regex_limit_hits_total",
                 "Lines on which a regular expression gave up, by jail and "
                 "expression.",
                 prometheus::MetricType::Counter);
  for (const auto& [where, lines] : reader.limit_hits) {
    metrics.Sample({{"jail", where.first}, {"regex", where.second}},
                   static_cast<double>(lines));
  }
  metrics.Counter("mxban_agent_overlong_lines_total",
                  "Lines passed over because of their length.",
                  static_cast<double>(reader.overlong_lines));
  metrics.Gauge("mxban_agent_open_logs", "Logs that are being followed.",
                static_cast<double>(reader.open_logs));
}

void AddEnforcement(const Enforcer::Statistics& enforcer,
                    MetricsBuilder& metrics) {
  metrics.Gauge("mxban_agent_bans", "Bans enforced here.",
                static_cast<double>(enforcer.bans));
  metrics.Gauge("mxban_agent_spared_bans",
                "Bans not enforced here because of --never_ban.",
                static_cast<double>(enforcer.spared));
  metrics.Gauge("mxban_agent_wanted_revision", "The newest revision heard of.",
                static_cast<double>(enforcer.wanted_revision));
  metrics.Gauge("mxban_agent_enforced_revision",
                "The revision that the kernel enforces.",
                static_cast<double>(enforcer.enforced_revision));
  metrics.Gauge("mxban_agent_enforcement_failing",
                "1 while the kernel cannot be made to enforce the bans.",
                enforcer.error.empty() ? 0 : 1);
  metrics.Counter("mxban_agent_repairs_total",
                  "Times our rules had been changed by someone else.",
                  static_cast<double>(enforcer.repairs));
}

void AddLocalBans(const LocalBans::Statistics& local, MetricsBuilder& metrics) {
  metrics.Gauge("mxban_agent_local_bans",
                "Bans of this server alone, not handed over yet.",
                static_cast<double>(local.bans));
  metrics.Counter("mxban_agent_local_bans_imposed_total",
                  "Bans imposed because no coordinator answered.",
                  static_cast<double>(local.imposed));
  metrics.Counter("mxban_agent_local_bans_turned_away_total",
                  "Local bans not imposed because too many stand.",
                  static_cast<double>(local.turned_away));
}

}  // namespace

std::vector<prometheus::MetricFamily> AgentMetrics::Collect() const {
  const CoordinatorLink::Statistics link = link_.statistics();
  MetricsBuilder metrics;
  metrics.Family("mxban_agent_build_info", "The version that runs.",
                 prometheus::MetricType::Gauge);
  metrics.Sample({{"version", kVersion}}, 1);
  AddReading(core_.reader().statistics(), metrics);
  metrics.Gauge("mxban_agent_unacknowledged_failures",
                "Failures and right logins the coordinator has not recorded "
                "yet.",
                static_cast<double>(core_.outbox().size()));
  metrics.Gauge(
      "mxban_agent_checkpoint_timestamp_seconds",
      "What was read before this moment is recorded by the "
      "coordinator, and is not read again after a restart.",
      absl::ToDoubleSeconds(core_.checkpoint_time() - absl::UnixEpoch()));
  AddEnforcement(core_.enforcer().statistics(), metrics);
  metrics.Histogram("mxban_agent_line_to_enforced_seconds",
                    "From reading the line that led to a ban to the kernel of "
                    "this server that enforces it, by way of the coordinator. "
                    "Of at most 1,024 sources at a time.",
                    core_.reaction_times().seconds());
  AddLocalBans(core_.local_bans().statistics(), metrics);
  metrics.Gauge("mxban_agent_clock_behind_seconds",
                "How far this server's clock is behind the coordinator's.",
                absl::ToDoubleSeconds(core_.fleet_clock().ahead()));
  metrics.Gauge("mxban_agent_connected",
                "1 while the streams to a coordinator are open.",
                link.connected ? 1 : 0);
  metrics.Counter("mxban_agent_connections_total",
                  "Times a coordinator was connected to.",
                  static_cast<double>(link.connections));
  expiry_watch_.AddTo(metrics);
  process_.AddTo(metrics);
  return std::move(metrics).Build();
}

}  // namespace mxban
