#ifndef MXBAN_TESTS_SYSTEM_FAULTY_FLEET_H_
#define MXBAN_TESTS_SYSTEM_FAULTY_FLEET_H_

// A real fleet to which anything may happen: the programs as they are shipped,
// each on a host of its own, and whatever can be done to them from outside. A
// ledger knows of every failure in the logs.
//
// Programs are called by the name of their host: `coordinator`, `mx1`, `mx2`
// and so on. The one jail, `sendmail`, is the how-to's with a limit, a window
// of an hour and kIgnored on its ignoreip.
//
// What fails in the lab itself ends the process. Thread-compatible; everything
// from one thread, for a program dies with the thread that started it.

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/ban_store.h"
#include "tests/system/ledger.h"
#include "tests/system/network_lab.h"

namespace mxban {

class FaultyFleet {
 public:
  static constexpr char kCoordinator[] = "coordinator";
  static constexpr char kAddress[] = "192.0.2.1";  // Of the coordinator.
  static constexpr char kIgnored[] = "203.0.113.66";
  static constexpr char kSet[] = "mxban-sendmail-auth-4";

  struct Options {
    int servers = 3;
    int max_retry = 3;
    std::string coordinators = "192.0.2.1:7460";  // As agents are told.
    std::string config;  // Replaces the jail's file, if not empty.
  };
  explicit FaultyFleet(const Options& options);

  NetworkLab& lab() { return lab_; }
  Ledger& ledger() { return ledger_; }
  const std::vector<std::string>& servers() const { return servers_; }

  // Programs.
  void Start(const std::string& name);
  void StartAll();
  // Waits for its end; also of one that is frozen, or has died by itself.
  void Kill(const std::string& name, int signal = SIGKILL);
  void KillEnforcingHalf(const std::string& server);
  // Stops it as it stands, both halves, and lets it go on.
  void Freeze(const std::string& name);
  void Thaw(const std::string& name);
  bool IsRunning(const std::string& name) const { return pids_.contains(name); }
  pid_t PidOf(const std::string& name) const { return pids_.at(name); }
  pid_t EnforcingHalf(const std::string& server) const;

  // The network between a server and the coordinator: nothing passes and
  // nobody is told; or a tenth is lost. Returns what does the latter here.
  void CutOff(const std::string& server);
  void Reconnect(const std::string& server);
  std::string Disturb(const std::string& server);
  void Calm(const std::string& server);

  // Logs.
  std::string LogOf(const std::string& server) const;
  void Write(const std::string& server, const std::string& text);
  void Fail(const std::string& server, const std::string& source);
  // Rotates; returns where the old lines are.
  std::string Rename(const std::string& server);
  std::string CopyAndTruncate(const std::string& server);

  // What is so.
  std::string folder() const { return lab_.folder(); }
  std::string StateOf(const std::string& name) const;
  std::string LockOf(const std::string& name) const;  // Of its iptables.
  std::string OutputOf(const std::string& name) const;
  NetworkLab::Output Ctl(const std::string& command);
  // A number of `mxbanctl status --json`; 0 without an answer.
  uint64_t Status(const std::string& name);
  // A sample of /metrics, by its whole name with labels; -1 if there is none.
  double Metric(const std::string& name, const std::string& sample);
  std::set<std::string> KernelBans(const std::string& server);
  // Whether all its log holds now is acknowledged, and that is noted down.
  bool IsSettled(const std::string& server) const;

  bool AwaitCurrent(absl::Duration patience = absl::Seconds(20));
  bool AwaitSettled(absl::Duration patience = absl::Seconds(20));

  // Ends the coordinator and looks into its store.
  StoreContents Store();
  // Awaits that all is settled, and holds the store against the ledger.
  Ledger::Verdict Judge(absl::Duration patience = absl::Seconds(60));

 private:
  std::string AddressOf(const std::string& server) const;
  std::string RotatedLogOf(const std::string& server);
  std::vector<std::string> ArgumentsOf(const std::string& name) const;

  const Options options_;
  NetworkLab lab_;
  Ledger ledger_;
  std::vector<std::string> servers_;
  std::map<std::string, pid_t> pids_;  // Of what runs.
  int rotations_ = 0;
};

// What a process holds in memory, in MiB; 0 if it is gone.
int64_t ResidentMiB(pid_t pid);

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_FAULTY_FLEET_H_
