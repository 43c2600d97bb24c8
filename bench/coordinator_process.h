#ifndef MXBAN_BENCH_COORDINATOR_PROCESS_H_
#define MXBAN_BENCH_COORDINATOR_PROCESS_H_

// A real coordinator in a process of its own, with one jail, sendmail-auth,
// some bans that stand, and no limits on what agents report. Its folder goes
// with it.

#include <memory>
#include <string>

#include "bench/server_process.h"

namespace mxban {

class CoordinatorProcess {
 public:
  // REQUIRES: as ServerProcess.
  explicit CoordinatorProcess(int standing_bans = 0);
  ~CoordinatorProcess();

  const ServerProcess& server() const { return *server_; }
  std::string admin_endpoint() const;

 private:
  std::string folder_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_COORDINATOR_PROCESS_H_
