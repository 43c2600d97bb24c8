#ifndef MXBAN_BENCH_PROCESS_COST_H_
#define MXBAN_BENCH_PROCESS_COST_H_

// What a process has cost so far, this one (getpid()) or another; nothing if it
// is gone.

#include <sys/types.h>

#include <cstddef>

#include "absl/time/time.h"

namespace mxban {

// Of the processors, by all its threads.
absl::Duration CpuTimeOf(pid_t pid);

// Of memory, in bytes: what it has now, at most had, and has with shared pages
// by their share.
size_t ResidentBytesOf(pid_t pid);
size_t PeakBytesOf(pid_t pid);
size_t ProportionalBytesOf(pid_t pid);

}  // namespace mxban

#endif  // MXBAN_BENCH_PROCESS_COST_H_
