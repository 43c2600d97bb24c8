#ifndef MXBAN_TESTS_SYSTEM_NETWORK_LAB_H_
#define MXBAN_TESTS_SYSTEM_NETWORK_LAB_H_

// A network of hosts inside this one: each a network namespace of its own with
// its own tables, sets and addresses, all on one switch. Everybody reaches the
// documentation networks (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24,
// 2001:db8::/32) by the switch, so any address of them can be given to any
// host.
//
// Needs root, iproute2 and the right to create namespaces. Where something is
// missing, or a command of the lab itself fails, the process ends with a
// message: a test that could not run must not pass.
//
// Programs see PATH with /usr/sbin, and XTABLES_LOCKFILE with a file of this
// lab. Whatever the lab created or started is gone after its destruction.
//
// Thread-compatible; Run() and TryConnect() may be called from any thread once
// the hosts stand.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

class EchoServer;

class NetworkLab {
 public:
  enum class Outcome { kConnected, kRefused, kTimedOut, kFailed };

  struct Output {
    int exit_code = 0;
    std::string text;  // Standard output and error.
  };

  NetworkLab();
  ~NetworkLab();

  NetworkLab(const NetworkLab&) = delete;
  NetworkLab& operator=(const NetworkLab&) = delete;

  // Creates a host, or gives one more addresses, such as `192.0.2.7` and
  // `2001:db8::7`.
  void AddHost(const std::string& host,
               const std::vector<std::string>& addresses);
  void AddAddresses(const std::string& host,
                    const std::vector<std::string>& addresses);

  // The name that `ip netns exec` knows the host by.
  std::string NamespaceOf(absl::string_view host) const;

  // Runs `work` in a thread of its own that lives on `host`, to its end. What
  // it opens there (sockets, an IpsetFirewall) stays there.
  void Run(const std::string& host, absl::FunctionRef<void()> work);

  // Moves the calling thread to `host`, for good: in a process that was forked
  // to live there.
  void Enter(const std::string& host);

  // Runs a shell command on `host`, to its end.
  Output Shell(const std::string& host, const std::string& command);

  // The same for a command that must succeed: its output.
  std::string MustShell(const std::string& host, const std::string& command);

  // Starts a program on `host`, with its output in `log_path` if not empty. It
  // is killed by the lab's end at the latest, and with this process.
  pid_t Start(const std::string& host,
              const std::vector<std::string>& arguments,
              const std::string& log_path = "");

  // Sends `signal` to a started program and waits for its end, bounded by ten
  // seconds and then SIGKILL. Returns as waitpid() does.
  int Stop(pid_t pid, int signal);

  // Answers on TCP `ports` of `host`, IPv4 and IPv6 on one socket as mail
  // servers do: every connection gets back what it sends.
  void Listen(const std::string& host, const std::vector<uint16_t>& ports);

  // Connects from `host` with the source address `source`.
  Outcome TryConnect(const std::string& host, const std::string& source,
                     const std::string& target, uint16_t port,
                     absl::Duration patience = absl::Seconds(2));

  // Returns a connected descriptor, for the caller to close, or -1 with
  // `outcome` telling why.
  int Connect(const std::string& host, const std::string& source,
              const std::string& target, uint16_t port, absl::Duration patience,
              Outcome& outcome);

  // The same for a thread that is on a host already.
  static int ConnectHere(const std::string& source, const std::string& target,
                         uint16_t port, absl::Duration patience,
                         Outcome& outcome);

  // A folder for files of the test, removed with the lab.
  const std::string& folder() const { return folder_; }

 private:
  void CreateNamespace(const std::string& host);

  const std::string prefix_;
  const std::string folder_;
  std::map<std::string, int> namespaces_;  // By host, the open namespace.
  std::vector<pid_t> started_;
  std::vector<std::unique_ptr<EchoServer>> servers_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_NETWORK_LAB_H_
