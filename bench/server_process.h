#ifndef MXBAN_BENCH_SERVER_PROCESS_H_
#define MXBAN_BENCH_SERVER_PROCESS_H_

// A server in a process of its own, so that what it costs is told apart from
// what its clients cost.

#include <sys/types.h>

#include <functional>
#include <string>

#include "absl/time/time.h"

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

  // Since it began.
  absl::Duration CpuTime() const;

  // Of memory that it has now, and at most had.
  size_t ResidentBytes() const;
  size_t PeakBytes() const;

 private:
  size_t StatusBytes(const std::string& name) const;

  pid_t pid_ = -1;
  int port_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_SERVER_PROCESS_H_
