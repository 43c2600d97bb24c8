#include "bench/server_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace mxban {

ServerProcess::ServerProcess(const std::function<int()>& serve) {
  int ready[2];
  if (pipe(ready) != 0) std::abort();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int port = serve();
    if (write(ready[1], &port, sizeof(port)) != sizeof(port)) _exit(1);
    while (true) pause();
  }
  close(ready[1]);
  const bool is_up =
      pid_ > 0 && read(ready[0], &port_, sizeof(port_)) == sizeof(port_);
  close(ready[0]);
  if (!is_up || port_ == 0) {
    std::fprintf(stderr, "a server does not start\n");
    std::exit(1);
  }
}

ServerProcess::~ServerProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string ServerProcess::endpoint() const {
  return absl::StrCat("127.0.0.1:", port_);
}

}  // namespace mxban
