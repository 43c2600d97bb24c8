#include "bench/process_cost.h"

#include <time.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

// The number behind `name` in a file of /proc/PID, which is in KiB.
size_t BytesIn(pid_t pid, const char* file, const char* name) {
  std::ifstream lines(absl::StrCat("/proc/", pid, "/", file));
  for (std::string word; lines >> word;) {
    size_t kibibytes = 0;
    if (word == name && lines >> kibibytes) return kibibytes << 10;
  }
  return 0;
}

}  // namespace

absl::Duration CpuTimeOf(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) == 0) clock_gettime(clock, &time);
  return absl::DurationFromTimespec(time);
}

size_t ResidentBytesOf(pid_t pid) { return BytesIn(pid, "status", "VmRSS:"); }
size_t PeakBytesOf(pid_t pid) { return BytesIn(pid, "status", "VmHWM:"); }
size_t ProportionalBytesOf(pid_t pid) {
  return BytesIn(pid, "smaps_rollup", "Pss:");
}

}  // namespace mxban
