#include "bench/server_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

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

absl::Duration ServerProcess::CpuTime() const {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) == 0) clock_gettime(clock, &time);
  return absl::DurationFromTimespec(time);
}

size_t ServerProcess::ResidentBytes() const { return StatusBytes("VmRSS:"); }
size_t ServerProcess::PeakBytes() const { return StatusBytes("VmHWM:"); }

size_t ServerProcess::StatusBytes(const std::string& name) const {
  std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string word; status >> word;) {
    size_t kibibytes = 0;
    if (word == name && status >> kibibytes) return kibibytes << 10;
  }
  return 0;
}

}  // namespace mxban
