// mxban-agent. Every flag is here; agent.h builds the rest.

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/agent.h"
#include "agent/enforcing_half.h"
#include "agent/firewall/firewall_client.h"
#include "agent/firewall/open_firewall.h"
#include "agent/privileges.h"
#include "common/clock.h"
#include "common/daemon.h"
#include "common/grpc_timers.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "spdlog/spdlog.h"
#include "systemd/sd-daemon.h"

namespace {

// `JAIL=PATH`, repeated or separated by commas.
struct LogOverrides {
  absl::btree_map<std::string, std::vector<std::string>> paths;
};

bool AbslParseFlag(absl::string_view text, LogOverrides* overrides,
                   std::string* error) {
  for (const absl::string_view pair :
       absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.first.empty() || parts.second.empty()) {
      *error = absl::StrCat("'", pair, "' is not JAIL=PATH");
      return false;
    }
    overrides->paths[parts.first].push_back(parts.second);
  }
  return true;
}

std::string AbslUnparseFlag(const LogOverrides& overrides) {
  std::vector<std::string> pairs;
  for (const auto& [jail, paths] : overrides.paths) {
    for (const std::string& path : paths) {
      pairs.push_back(absl::StrCat(jail, "=", path));
    }
  }
  return absl::StrJoin(pairs, ",");
}

constexpr char kDefaultUser[] = "mxban-agent";
const std::vector<std::string> kDefaultGroups = {"adm", "systemd-journal"};

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

}  // namespace

ABSL_FLAG(std::vector<std::string>, coordinators, {},
          "HOST:PORT of the coordinators, separated by commas; tried in turn.");
ABSL_FLAG(std::string, server_name, HostName(),
          "This server's name, as its certificate has it.");
ABSL_FLAG(std::string, state_dir, "/var/lib/mxban-agent",
          "Where positions in logs, and bans, are kept over a restart.");
ABSL_FLAG(std::string, firewall, "auto",
          "auto, ipset, nftables, iptables or none. auto takes the first of "
          "these that works.");
ABSL_FLAG(bool, probe_firewall, false,
          "Tries each firewall, says which work and which one auto takes, and "
          "exits.");
ABSL_FLAG(bool, remove_bans, false,
          "Takes away the rules and sets that an agent has left in the kernel, "
          "and exits: for when none is to run here any more.");
ABSL_FLAG(std::string, user, kDefaultUser,
          "Whom the half that reads logs and the network becomes, if started "
          "as root; nobody, if the default does not exist.");
ABSL_FLAG(std::vector<std::string>, groups, kDefaultGroups,
          "Groups beside the user's own, that may read logs; those that do not "
          "exist are passed over.");
ABSL_FLAG(
    LogOverrides, log, {},
    "JAIL=PATH,...: logs to follow here in place of the jail's own. PATH - "
    "is standard input, of which a line counts at most once: what is "
    "under way when the agent dies is lost.");
ABSL_FLAG(std::vector<std::string>, never_ban, {},
          "Addresses and networks, separated by commas, that no coordinator "
          "can make this server refuse; loopback, this host, its gateways and "
          "the coordinators always belong to them.");
ABSL_FLAG(std::string, http_listen, "127.0.0.1:7463",
          "Where /metrics, /healthz and /readyz are served; empty for "
          "nowhere.");
ABSL_FLAG(std::string, tls_cert, "", "This server's certificate, PEM.");
ABSL_FLAG(std::string, tls_key, "", "The key of --tls_cert, PEM.");
ABSL_FLAG(std::string, tls_ca, "",
          "The authority whose certificate the coordinator presents, PEM.");
ABSL_FLAG(std::string, tls_crl, "",
          "Certificates of --tls_ca that are revoked: a file or a folder of "
          "CRLs, PEM.");
ABSL_FLAG(bool, insecure, false,
          "Allows plain text beyond loopback: anyone on the way can ban anyone "
          "here.");
ABSL_FLAG(bool, flush_on_exit, false,
          "Takes our rules and sets away at the end. By default they stay and "
          "end by themselves.");

namespace mxban {
namespace {

// By so much what is to be done once a second may come late.
constexpr absl::Duration kWakeUpSlack = absl::Milliseconds(200);

absl::StatusOr<Agent::Options> OptionsFromFlags() {
  Agent::Options options = {
      .coordinators = absl::GetFlag(FLAGS_coordinators),
      .server_name = absl::GetFlag(FLAGS_server_name),
      .state_dir = absl::GetFlag(FLAGS_state_dir),
      .log_paths = absl::GetFlag(FLAGS_log).paths,
      .never_ban = absl::GetFlag(FLAGS_never_ban),
      .http_listen = absl::GetFlag(FLAGS_http_listen),
      .tls = {absl::GetFlag(FLAGS_tls_cert), absl::GetFlag(FLAGS_tls_key),
              absl::GetFlag(FLAGS_tls_ca), absl::GetFlag(FLAGS_tls_crl)},
      .insecure = absl::GetFlag(FLAGS_insecure),
      .flush_on_exit = absl::GetFlag(FLAGS_flush_on_exit),
      .on_alive = [] { sd_notify(0, "WATCHDOG=1"); },
  };
  if (options.coordinators.empty()) {
    return absl::InvalidArgumentError("--coordinators: name at least one");
  }
  if (options.server_name.empty()) {
    return absl::InvalidArgumentError("--server_name: must not be empty");
  }
  return options;
}

absl::StatusOr<Account> AccountFromFlags() {
  const std::string user = absl::GetFlag(FLAGS_user);
  const std::vector<std::string> groups = absl::GetFlag(FLAGS_groups);
  const absl::StatusOr<Account> account = FindAccount(user, groups);
  if (account.ok()) return account;
  if (user == kDefaultUser) return FindAccount("nobody", groups);
  return absl::InvalidArgumentError(
      absl::StrCat("--user: ", account.status().message()));
}

// What only root can do for whom it becomes: makes the directory for state, or
// hands over the empty one that a service manager has made.
absl::Status MakeStateDirectory(const std::string& path,
                                const Account& account) {
  std::error_code error;
  struct stat status;
  std::filesystem::create_directories(path, error);
  if (error || lstat(path.c_str(), &status) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state_dir: cannot make ", path, " for user ",
                     account.name, ": ", strerror(errno)));
  }
  const bool is_theirs = status.st_uid != 0 || account.user == 0;
  if (is_theirs || !S_ISDIR(status.st_mode) ||
      !std::filesystem::is_empty(path, error)) {
    return absl::OkStatus();
  }
  if (lchown(path.c_str(), account.user, account.group) == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--state_dir: cannot hand ", path, " to user ", account.name,
                   ": ", strerror(errno)));
}

// Becomes the half that reads what attackers write.
absl::Status Confine(const std::string& state_dir) {
  if (geteuid() != 0) return DropPrivileges({}).status();
  ASSIGN_OR_RETURN(const Account account, AccountFromFlags());
  RETURN_IF_ERROR(MakeStateDirectory(state_dir, account));
  ASSIGN_OR_RETURN(const bool is_root, DropPrivileges(account));
  if (account.user == 0) {
    spdlog::warn(
        "logs and the network are read as root: --user should name another");
  } else if (is_root) {
    spdlog::warn(
        "still root, though without capabilities: not permitted to "
        "become {}",
        account.name);
  } else {
    spdlog::info("logs and the network are read as user {}", account.name);
  }
  return absl::OkStatus();
}

absl::Status PrintProbes() {
  bool works = false;
  std::printf("%-10s %-6s %s\n", "FIREWALL", "WORKS", "");
  for (const ProbedFirewall& probed : ProbeFirewalls()) {
    works |= probed.status.ok();
    std::printf("%-10s %-6s %s\n", probed.kind.c_str(),
                probed.status.ok() ? "yes" : "no",
                probed.chosen ? "auto takes this one"
                              : std::string(probed.status.message()).c_str());
  }
  if (works) return absl::OkStatus();
  return absl::UnimplementedError("no firewall works here");
}

// Threads that come to look once a second may do so together: a processor that
// wakes for each of them does little else.
void ShareWakeUps() {
  prctl(PR_SET_TIMERSLACK, absl::ToInt64Nanoseconds(kWakeUpSlack), 0, 0, 0);
}

// Waits for SIGTERM or SIGINT. Agents have no configuration to read again:
// SIGHUP changes nothing.
void AwaitEnd(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
  }
}

// Works until SIGTERM or SIGINT, or until the enforcing half is gone.
absl::Status Serve(const sigset_t& signals) {
  if (absl::GetFlag(FLAGS_probe_firewall)) return PrintProbes();
  if (absl::GetFlag(FLAGS_remove_bans)) return RemoveAllFirewalls();
  const std::string kind = absl::GetFlag(FLAGS_firewall);
  if (const absl::Status valid = ValidateFirewallKind(kind); !valid.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--firewall: ", valid.message()));
  }
  ASSIGN_OR_RETURN(const Agent::Options options, OptionsFromFlags());
  spdlog::info("mxban-agent {} on {}", kVersion, options.server_name);
  // Before there is a thread, a log or a connection.
  ASSIGN_OR_RETURN(EnforcingHalf enforcing, StartEnforcingHalf(kind));
  RETURN_IF_ERROR(Confine(options.state_dir));
  ShareWakeUps();
  RealClock clock;
  const GrpcTimers timers;
  ASSIGN_OR_RETURN(const std::unique_ptr<Agent> agent,
                   Agent::Start(options,
                                std::make_unique<FirewallClient>(
                                    std::move(enforcing.channel.requests)),
                                clock));
  const FirewallNews news(std::move(enforcing.channel.news),
                          {.on_changed = [&] { agent->OnFirewallChanged(); },
                           .on_lost =
                               [] {
                                 spdlog::error("the enforcing half is gone");
                                 kill(getpid(), SIGTERM);
                               }});
  sd_notify(0, "READY=1");
  AwaitEnd(signals);
  sd_notify(0, "STOPPING=1");
  if (news.is_lost()) {
    return absl::UnavailableError(
        "the enforcing half has died; the bans stay in the kernel");
  }
  spdlog::info("stopping; the bans {}",
               options.flush_on_exit ? "go with us" : "stay in the kernel");
  return absl::OkStatus();
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  return mxban::RunDaemon(
      argc, argv,
      {.name = "mxban-agent",
       .usage =
           "Watches this mail server's logs and enforces the fleet's bans on "
           "it.\n\n  mxban-agent --coordinators=HOST:7460 --tls_cert=... "
           "--tls_key=... --tls_ca=...\n\nA file of flags: "
           "--flagfile=/etc/mxban/agent.flags",
       .main_file = "agent/main.cc"},
      mxban::Serve);
}
