#ifndef MXBAN_BENCH_KERNEL_WATCH_H_
#define MXBAN_BENCH_KERNEL_WATCH_H_

// Looks into the kernel of every server for the bans that are due there, and
// notes when each came. Looks twenty times a second.
//
// Thread-safe.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/firewall/ipset_netlink.h"
#include "bench/fault_log.h"
#include "common/ip_network.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {

class KernelWatch {
 public:
  // Who is to be banned, since when, and who has told of him.
  struct Due {
    std::string source;
    absl::Time earned;
    std::set<std::string> reporters;
  };

  struct Arrival {
    Due due;
    std::string server;
    absl::Time seen;
  };

  // Where this process itself is held up, `faults` is told of every server.
  KernelWatch(FaultyFleet& fleet, FaultLog& faults);
  ~KernelWatch();

  void Expect(const Due& due);

  // How many are not there yet, over all servers.
  size_t missing() const;

  std::vector<Arrival> arrivals() const;

 private:
  void Loop();
  void Look(const std::string& server);
  void NoteDelay(absl::Time since, absl::Time now);

  const std::vector<std::string> servers_;
  FaultLog& faults_;
  std::map<std::string, std::unique_ptr<IpsetNetlink>> kernels_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::map<IpNetwork, Due>> missing_
      ABSL_GUARDED_BY(mutex_);
  std::vector<Arrival> arrivals_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_KERNEL_WATCH_H_
