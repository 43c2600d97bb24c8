#ifndef MXBAN_BENCH_FAULT_LOG_H_
#define MXBAN_BENCH_FAULT_LOG_H_

// When something was wrong with which server: to tell what made a ban late.
//
// A fault holds on until its server is seen to be well again by a question that
// was asked after it: an agent that was killed has to connect first.
//
// Thread-safe.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace mxban {

class FaultLog {
 public:
  void Begin(const std::string& server, const std::string& kind,
             absl::Time now);

  // What `kind` does to `server` is over, but for `aftermath`.
  void End(const std::string& server, const std::string& kind, absl::Time now,
           absl::Duration aftermath);

  // It was asked at `asked` and answered until `now` that `server` is well.
  void NoteWell(const std::string& server, absl::Time asked, absl::Time now);

  // The kinds of faults that held on at some time between these.
  std::set<std::string> Between(const std::string& server, absl::Time from,
                                absl::Time to) const;

 private:
  struct Fault {
    std::string kind;
    absl::Time begin;
    absl::Time end = absl::InfiniteFuture();   // Aftermath included.
    absl::Time well = absl::InfiniteFuture();  // Again.
  };

  mutable absl::Mutex mutex_;
  std::map<std::string, std::vector<Fault>> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_BENCH_FAULT_LOG_H_
