#include "tests/system/faulty_fleet.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "agent/log_file.h"
#include "agent/position_file.h"
#include "coordinator/sqlite_ban_store.h"
#include "tests/system/eventually.h"

namespace mxban {
namespace {

constexpr char kJail[] = R"([sendmail]
enabled = true
filter = sendmail
logpath = /var/log/mail.log
findtime = 1h
bantime = 8h
maxretry = %d
maxbanrate = 0
ignoreip = %s
action = iptables-multiport[name=sendmail-auth, port="submission,465,smtp"]
)";

std::string JailWithLimit(int max_retry) {
  char text[sizeof(kJail) + 50];
  std::snprintf(text, sizeof(text), kJail, max_retry, FaultyFleet::kIgnored);
  return text;
}

// The number after `before` in `text`, in quotes or not; `otherwise` if there
// is none.
double NumberAfter(const std::string& text, const std::string& before,
                   double otherwise) {
  const size_t at = text.find(before);
  if (at == std::string::npos) return otherwise;
  const char* number = text.c_str() + at + before.size();
  return std::strtod(number + (*number == '"' ? 1 : 0), nullptr);
}

// As the agent names the log at `path`; empty while it has no line.
std::string LogIdOf(const std::string& path) {
  const std::unique_ptr<LogFile> log = LogFile::Open(path);
  return log == nullptr ? "" : log->identity().ToString();
}

}  // namespace

FaultyFleet::FaultyFleet(const Options& options)
    : options_(options), ledger_(options.max_retry) {
  ledger_.Ignore(kIgnored);
  lab_.AddHost(kCoordinator, {kAddress});
  for (int i = 1; i <= options.servers; ++i) {
    servers_.push_back(absl::StrCat("mx", i));
    lab_.AddHost(servers_.back(), {AddressOf(servers_.back())});
    std::ofstream(LogOf(servers_.back()));
  }
  std::filesystem::create_directories(folder() + "/config/filter.d");
  std::filesystem::copy("tests/corpus/seed/filter.d/sendmail.conf",
                        folder() + "/config/filter.d/sendmail.conf");
  std::ofstream(folder() + "/config/jail.local")
      << (options.config.empty() ? JailWithLimit(options.max_retry)
                                 : options.config);
}

std::string FaultyFleet::AddressOf(const std::string& server) const {
  int number = 0;
  (void)absl::SimpleAtoi(server.substr(2), &number);
  return absl::StrCat("192.0.2.", 10 + number);
}

std::vector<std::string> FaultyFleet::ArgumentsOf(
    const std::string& name) const {
  // A lock of its own for each host: one that stands still may hold it.
  const std::string lock = absl::StrCat("XTABLES_LOCKFILE=", LockOf(name));
  if (name == kCoordinator) {
    return {"env",
            lock,
            "coordinator/mxban-coordinator",
            "--insecure",
            absl::StrCat("--config_dir=", folder(), "/config"),
            absl::StrCat("--state_dir=", StateOf(name)),
            absl::StrCat("--agent_listen=", kAddress, ":7460"),
            "--agent_quota=0",  // Servers here tell more than servers do.
            absl::StrCat("--admin_listen=unix:", folder(), "/admin.sock")};
  }
  return {"env",
          lock,
          "agent/mxban-agent",
          "--insecure",
          "--firewall=ipset",
          absl::StrCat("--coordinators=", options_.coordinators),
          absl::StrCat("--server_name=", name),
          absl::StrCat("--state_dir=", StateOf(name)),
          absl::StrCat("--log=sendmail=", LogOf(name))};
}

void FaultyFleet::Start(const std::string& name) {
  pids_[name] = lab_.Start(name, ArgumentsOf(name), OutputOf(name));
}

void FaultyFleet::StartAll() {
  Start(kCoordinator);
  for (const std::string& server : servers_) Start(server);
}

void FaultyFleet::Kill(const std::string& name, int signal) {
  if (!IsRunning(name)) return;
  Thaw(name);  // What stands still does not notice that the other is gone.
  lab_.Stop(pids_.at(name), signal);
  pids_.erase(name);
}

void FaultyFleet::KillEnforcingHalf(const std::string& server) {
  const pid_t enforcing = EnforcingHalf(server);
  if (enforcing > 0) kill(enforcing, SIGKILL);
  // None yet, or none any more: then it has to be the other half.
  Kill(server, enforcing > 0 ? 0 : SIGKILL);
}

void FaultyFleet::Freeze(const std::string& name) {
  kill(PidOf(name), SIGSTOP);
  const pid_t enforcing = EnforcingHalf(name);
  if (enforcing > 0) kill(enforcing, SIGSTOP);
}

void FaultyFleet::Thaw(const std::string& name) {
  const pid_t enforcing = EnforcingHalf(name);
  if (enforcing > 0) kill(enforcing, SIGCONT);
  kill(PidOf(name), SIGCONT);
}

pid_t FaultyFleet::EnforcingHalf(const std::string& server) const {
  const pid_t pid = PidOf(server);
  pid_t child = 0;
  (void)absl::SimpleAtoi(absl::StripAsciiWhitespace(ReadFile(absl::StrCat(
                             "/proc/", pid, "/task/", pid, "/children"))),
                         &child);
  return child;
}

void FaultyFleet::CutOff(const std::string& server) {
  const std::string address = AddressOf(server);
  lab_.MustShell(kCoordinator,
                 absl::StrCat("iptables-legacy -w -A INPUT -s ", address,
                              " -j DROP && iptables-legacy -w -A OUTPUT -d ",
                              address, " -j DROP"));
}

void FaultyFleet::Reconnect(const std::string& server) {
  const std::string address = AddressOf(server);
  lab_.MustShell(kCoordinator,
                 absl::StrCat("iptables-legacy -w -D INPUT -s ", address,
                              " -j DROP && iptables-legacy -w -D OUTPUT -d ",
                              address, " -j DROP"));
}

std::string FaultyFleet::Disturb(const std::string& server) {
  const auto netem = lab_.Shell(
      server, "tc qdisc add dev eth0 root netem loss 10% delay 20ms 10ms");
  if (netem.exit_code == 0) return "netem: a tenth lost, 10 to 30 ms late";
  const std::string lose =
      absl::StrCat(" -m statistic --mode random --probability 0.1 -j DROP");
  const std::string address = AddressOf(server);
  lab_.MustShell(
      kCoordinator,
      absl::StrCat("iptables-legacy -w -A INPUT -s ", address, lose,
                   " && iptables-legacy -w -A OUTPUT -d ", address, lose));
  return "no netem in this kernel; iptables: a tenth lost, nothing late";
}

void FaultyFleet::Calm(const std::string& server) {
  lab_.Shell(server, "tc qdisc del dev eth0 root");
  lab_.MustShell(
      kCoordinator,
      absl::StrCat(
          "iptables-legacy -w -S | grep -e '", AddressOf(server),
          "/32 -m statistic' | sed 's/^-A/iptables-legacy -w -D/' | sh"));
}

std::string FaultyFleet::LogOf(const std::string& server) const {
  return absl::StrCat(folder(), "/", server, ".mail.log");
}

void FaultyFleet::Write(const std::string& server, const std::string& text) {
  std::ofstream(LogOf(server), std::ios::app) << text;
}

void FaultyFleet::Fail(const std::string& server, const std::string& source) {
  Write(server, ledger_.Failure(source, absl::Now()) + "\n");
}

std::string FaultyFleet::RotatedLogOf(const std::string& server) {
  return absl::StrCat(LogOf(server), ".", ++rotations_);
}

std::string FaultyFleet::Rename(const std::string& server) {
  const std::string rotated = RotatedLogOf(server);
  std::filesystem::rename(LogOf(server), rotated);
  std::ofstream(LogOf(server));
  return rotated;
}

std::string FaultyFleet::CopyAndTruncate(const std::string& server) {
  const std::string rotated = RotatedLogOf(server);
  std::filesystem::copy_file(LogOf(server), rotated);
  std::filesystem::resize_file(LogOf(server), 0);
  return rotated;
}

std::string FaultyFleet::LockOf(const std::string& name) const {
  return absl::StrCat(folder(), "/", name, ".lock");
}

std::string FaultyFleet::StateOf(const std::string& name) const {
  return absl::StrCat(folder(), "/", name, ".state");
}

std::string FaultyFleet::OutputOf(const std::string& name) const {
  return absl::StrCat(folder(), "/", name, ".out");
}

NetworkLab::Output FaultyFleet::Ctl(const std::string& command) {
  return lab_.Shell(kCoordinator,
                    absl::StrCat("timeout 5 ctl/mxbanctl --endpoint=unix:",
                                 folder(), "/admin.sock ", command));
}

uint64_t FaultyFleet::Status(const std::string& name) {
  return static_cast<uint64_t>(NumberAfter(Ctl("status --json").text,
                                           absl::StrCat("\"", name, "\":"), 0));
}

double FaultyFleet::Metric(const std::string& name, const std::string& sample) {
  const NetworkLab::Output answer = lab_.Shell(
      name,
      absl::StrCat(
          "exec timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/",
          name == kCoordinator ? 7462 : 7463,
          "; printf \"GET /metrics HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'"));
  return NumberAfter(answer.text, absl::StrCat("\n", sample, " "), -1);
}

std::set<std::string> FaultyFleet::KernelBans(const std::string& server) {
  const NetworkLab::Output listed = lab_.Shell(
      server,
      absl::StrCat("ipset list ", kSet, " | sed '1,/^Members:/d; s/ .*//'"));
  return absl::StrSplit(listed.text, '\n', absl::SkipEmpty());
}

bool FaultyFleet::IsSettled(const std::string& server) const {
  const std::string log_id = LogIdOf(LogOf(server));
  if (log_id.empty()) return true;
  const LogPositions positions = ReadPositions(StateOf(server) + "/positions");
  const auto found = positions.find({"sendmail", log_id});
  return found != positions.end() &&
         found->second == std::filesystem::file_size(LogOf(server));
}

bool FaultyFleet::AwaitCurrent(absl::Duration patience) {
  return Eventually(
      [this] { return Status("current_agent_count") == servers_.size(); },
      patience);
}

bool FaultyFleet::AwaitSettled(absl::Duration patience) {
  return Eventually(
      [this] {
        return std::all_of(
            servers_.begin(), servers_.end(),
            [this](const std::string& server) { return IsSettled(server); });
      },
      patience);
}

StoreContents FaultyFleet::Store() {
  Kill(kCoordinator, SIGTERM);
  auto store = SqliteBanStore::Open(StateOf(kCoordinator) + "/bans.db");
  absl::StatusOr<StoreContents> contents =
      store.ok() ? (*store)->Load() : store.status();
  if (contents.ok()) return *std::move(contents);
  std::fprintf(stderr, "FaultyFleet: %s\n",
               contents.status().ToString().c_str());
  std::abort();
}

Ledger::Verdict FaultyFleet::Judge(absl::Duration patience) {
  const bool is_settled = AwaitSettled(patience);
  Ledger::Verdict verdict = ledger_.Judge(Store());
  if (!is_settled) verdict.text += "not all was acknowledged in time\n";
  return verdict;
}

int64_t ResidentMiB(pid_t pid) {
  const std::string status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
  return static_cast<int64_t>(NumberAfter(status, "VmRSS:", 0)) / 1024;
}

}  // namespace mxban
