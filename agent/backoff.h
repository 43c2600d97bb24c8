#ifndef MXBAN_AGENT_BACKOFF_H_
#define MXBAN_AGENT_BACKOFF_H_

// The pauses between attempts at something that others try as well: each twice
// as long as the one before, with jitter, and short again once an attempt has
// lasted for longer than the longest pause. What lets us in only to refuse is
// no better than what does not let us in.
//
// Thread-compatible.

#include <algorithm>
#include <chrono>

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace mxban {

class Backoff {
 public:
  Backoff(absl::Duration shortest, absl::Duration longest)
      : shortest_(shortest), longest_(longest), pause_(shortest) {}

  // An attempt begins.
  void Begin() { begin_ = std::chrono::steady_clock::now(); }

  // It has come to its end: how long to pause.
  absl::Duration End() {
    const absl::Duration lasted =
        absl::FromChrono(std::chrono::steady_clock::now() - begin_);
    if (lasted > longest_) pause_ = shortest_;
    const absl::Duration pause = pause_ * absl::Uniform(random_, 0.5, 1.0);
    pause_ = std::min(2 * pause_, longest_);
    return pause;
  }

 private:
  const absl::Duration shortest_;
  const absl::Duration longest_;
  absl::Duration pause_;
  std::chrono::steady_clock::time_point begin_;
  absl::BitGen random_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_BACKOFF_H_
