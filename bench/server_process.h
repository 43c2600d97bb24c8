#ifndef MXBAN_BENCH_SERVER_PROCESS_H_
#define MXBAN_BENCH_SERVER_PROCESS_H_

// A server in a process of its own, so that what it costs is told apart from
// what its clients cost.

#include <sys/types.h>

#include <functional>
#include <string>

namespace mxban {

class ServerProcess {
 public:
  // Forks; the child calls `serve`, which returns the port that it listens on,
  // and then serves until this object is gone. REQUIRES: nothing has used gRPC
  // in this process before.
  explicit ServerProcess(const std::function<int()>& serve);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string endpoint() const;

  // To be asked what it costs (process_cost.h).
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_SERVER_PROCESS_H_
