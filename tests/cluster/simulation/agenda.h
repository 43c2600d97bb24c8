#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_AGENDA_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_AGENDA_H_

// Simulated time: what is to happen, and when. Time stands still while
// something happens and then jumps to what comes next, so days pass in
// milliseconds. What is due at the same moment happens in the order in which it
// was planned.
//
// It also keeps the trace of a run: a hash of all that was noted, by which two
// runs of one seed are compared, and the text of it if that was asked for
// (MXBAN_SIM_TRACE=1).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban::simulation {

class Agenda final : public Clock {
 public:
  // Who is gone does nothing any more.
  using Life = std::weak_ptr<const void>;

  explicit Agenda(absl::Time now) : now_(now) {}

  absl::Time TimeNow() const override { return now_; }

  // Plans `act`, which is left out if `life` is over by then.
  void After(absl::Duration delay, Life life, std::function<void()> act);

  // Lets all happen that is due until `end`, which it is then.
  void RunUntil(absl::Time end);

  void Note(absl::string_view what);

  uint64_t trace_hash() const { return trace_hash_; }

 private:
  struct Plan {
    Life life;
    std::function<void()> act;
  };

  absl::Time now_;
  uint64_t next_number_ = 0;
  std::map<std::pair<absl::Time, uint64_t>, Plan> plans_;
  uint64_t trace_hash_ = 0;
};

// A server's clock, which may be wrong.
class ServerClock final : public Clock {
 public:
  explicit ServerClock(const Agenda& agenda) : agenda_(agenda) {}
  absl::Time TimeNow() const override { return agenda_.TimeNow() + error_; }
  void set_error(absl::Duration error) { error_ = error; }
  bool is_wrong() const { return error_ != absl::ZeroDuration(); }

 private:
  const Agenda& agenda_;
  absl::Duration error_;
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_AGENDA_H_
