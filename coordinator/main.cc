// mxban-coordinator. Every flag is here; coordinator.h builds the rest.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/daemon.h"
#include "common/grpc_timers.h"
#include "common/grpc_waker.h"
#include "common/slewed_clock.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "coordinator/coordinator.h"
#include "coordinator/ignored_sources.h"
#include "coordinator/jail_config.h"
#include "coordinator/jail_description.h"
#include "spdlog/spdlog.h"
#include "systemd/sd-daemon.h"

ABSL_FLAG(std::string, config_dir, "/etc/mxban",
          "Where jail.conf, jail.local, jail.d/ and filter.d/ are, in "
          "Fail2Ban's format.");
ABSL_FLAG(bool, check_config, false,
          "Reads the configuration, prints what every jail became and what is "
          "not honoured, and exits.");
ABSL_FLAG(std::string, state_dir, "/var/lib/mxban", "Where bans are stored.");
ABSL_FLAG(std::string, audit_log, "audit.jsonl",
          "Where what operators did and what was decided is written, one JSON "
          "object per line; in --state_dir unless it begins with /. Empty for "
          "nowhere but the store.");
ABSL_FLAG(std::string, agent_listen, "0.0.0.0:7460",
          "Where agents connect: ADDRESS:PORT.");
ABSL_FLAG(std::string, admin_listen, "unix:/run/mxban/admin.sock",
          "Where operators connect: unix:PATH and, with TLS, ADDRESS:PORT, "
          "separated by commas. Who may write to the socket is an operator, "
          "unless --roles_file says otherwise.");
ABSL_FLAG(std::string, admin_group, "",
          "The group that may write to the socket; by default our own.");
ABSL_FLAG(std::string, http_listen, "127.0.0.1:7462",
          "Where /metrics, /healthz and /readyz are served; empty for "
          "nowhere.");
ABSL_FLAG(std::string, tls_cert, "", "This coordinator's certificate, PEM.");
ABSL_FLAG(std::string, tls_key, "", "The key of --tls_cert, PEM.");
ABSL_FLAG(std::string, tls_ca, "",
          "The authority whose certificates agents present, PEM.");
ABSL_FLAG(std::string, tls_crl, "",
          "Certificates of --tls_ca that are revoked: a file or a folder of "
          "CRLs, PEM.");
ABSL_FLAG(std::string, roles_file, "",
          "Who is agent, viewer or operator whatever his certificate says: "
          "lines of NAME ROLE.");
ABSL_FLAG(std::string, tokens_file, "",
          "Who may come with a token: lines as mxbanctl token prints them. "
          "Only its owner may read it.");
ABSL_FLAG(bool, insecure, false,
          "Allows plain text beyond loopback: anyone who reaches the port can "
          "report failures in any server's name.");
ABSL_FLAG(int64_t, max_sources, 1'000'000,
          "How many sources are tracked in each jail; servers share the room, "
          "and of one that takes more than others the idlest source goes "
          "first.");
ABSL_FLAG(double, agent_quota, 1'000,
          "How many failures a second each server may report; for a minute it "
          "may be 60 times as many at once. 0 for no limit.");
ABSL_FLAG(int64_t, max_connections, 20'000,
          "How many connections of agents there may be at once.");

namespace mxban {
namespace {

absl::Status CheckConfig() {
  ASSIGN_OR_RETURN(JailConfig config,
                   LoadJails(absl::GetFlag(FLAGS_config_dir)));
  // Names are looked up now, so that one that is mistyped shows.
  std::vector<IgnoreList> lists;
  for (const auto& [jail, list] : config.ignore_lists) lists.push_back(list);
  const RealClock clock;
  IgnoredSources sources(clock);
  for (std::string& warning : sources.Refresh(lists).warnings) {
    config.notes.push_back(std::move(warning));
  }
  std::fputs(DescribeJails(config).c_str(), stdout);
  return absl::OkStatus();
}

Coordinator::Options OptionsFromFlags() {
  return {
      .config_dir = absl::GetFlag(FLAGS_config_dir),
      .state_dir = absl::GetFlag(FLAGS_state_dir),
      .audit_log = absl::GetFlag(FLAGS_audit_log),
      .agent_listen = absl::GetFlag(FLAGS_agent_listen),
      .admin_listen = absl::GetFlag(FLAGS_admin_listen),
      .admin_group = absl::GetFlag(FLAGS_admin_group),
      .http_listen = absl::GetFlag(FLAGS_http_listen),
      .tls = {absl::GetFlag(FLAGS_tls_cert), absl::GetFlag(FLAGS_tls_key),
              absl::GetFlag(FLAGS_tls_ca), absl::GetFlag(FLAGS_tls_crl)},
      .roles_file = absl::GetFlag(FLAGS_roles_file),
      .tokens_file = absl::GetFlag(FLAGS_tokens_file),
      .insecure = absl::GetFlag(FLAGS_insecure),
      .max_sources = static_cast<size_t>(absl::GetFlag(FLAGS_max_sources)),
      .agent_quota = absl::GetFlag(FLAGS_agent_quota),
      .max_connections =
          static_cast<size_t>(absl::GetFlag(FLAGS_max_connections)),
  };
}

// How often to tell the service manager that decisions are still made; never,
// if it does not want to know.
absl::Duration WatchdogInterval() {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) {
    return absl::InfiniteDuration();
  }
  return absl::Microseconds(microseconds) / 3;
}

// Waits for the next signal, and meanwhile has the decision loop say that it
// goes round.
int AwaitSignal(const sigset_t& signals, Coordinator& coordinator) {
  const absl::Duration interval = WatchdogInterval();
  if (interval == absl::InfiniteDuration()) {
    int signal = 0;
    sigwait(&signals, &signal);
    return signal;
  }
  while (true) {
    coordinator.Ask([] { sd_notify(0, "WATCHDOG=1"); });
    const timespec timeout = absl::ToTimespec(interval);
    const int signal = sigtimedwait(&signals, nullptr, &timeout);
    if (signal > 0) return signal;
  }
}

// Serves until SIGTERM or SIGINT, or until the store is lost, which the next
// start sets aside; SIGHUP reads the configuration again.
absl::Status Serve(const sigset_t& signals) {
  if (absl::GetFlag(FLAGS_max_sources) < 1) {
    return absl::InvalidArgumentError("--max_sources: must be at least 1");
  }
  if (!(absl::GetFlag(FLAGS_agent_quota) >= 0)) {
    return absl::InvalidArgumentError("--agent_quota: must not be negative");
  }
  if (absl::GetFlag(FLAGS_max_connections) < 1) {
    return absl::InvalidArgumentError("--max_connections: must be at least 1");
  }
  Coordinator::Options options = OptionsFromFlags();
  options.on_store_lost = [] { kill(getpid(), SIGTERM); };
  const RealClock wall_clock;
  const SlewedClock clock(wall_clock);
  const GrpcTimers timers;
  GrpcWaker waker;
  ASSIGN_OR_RETURN(const std::unique_ptr<Coordinator> coordinator,
                   Coordinator::Start(options, clock));
  spdlog::info("mxban-coordinator {} serves agents on {}, operators on {}",
               kVersion, options.agent_listen, options.admin_listen);
  sd_notify(0, "READY=1");
  while (AwaitSignal(signals, *coordinator) == SIGHUP &&
         coordinator->store_status().ok()) {
    if (absl::Status status = coordinator->Reload(); !status.ok()) {
      for (absl::string_view mistake : absl::StrSplit(status.message(), '\n')) {
        spdlog::error("reload refused, the jails in force stay: {}",
                      std::string(mistake));
      }
    }
  }
  sd_notify(0, "STOPPING=1");
  spdlog::info("stopping");
  return coordinator->store_status();
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  return mxban::RunDaemon(
      argc, argv,
      {.name = "mxban-coordinator",
       .usage = "Counts failures over all mail servers, decides who is banned, "
                "tells every agent.\n\n  mxban-coordinator "
                "--config_dir=/etc/mxban --tls_cert=... --tls_key=... "
                "--tls_ca=...\n\nA file of flags: "
                "--flagfile=/etc/mxban/coordinator.flags",
       .main_file = "coordinator/main.cc"},
      [](const sigset_t& signals) {
        return absl::GetFlag(FLAGS_check_config) ? mxban::CheckConfig()
                                                 : mxban::Serve(signals);
      });
}
