#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_WIRE_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_WIRE_H_

// One direction of one stream, as TCP has it: messages arrive in their order
// and after a while, or they and all that follow do not arrive at all.

#include <cstddef>
#include <deque>
#include <functional>
#include <string>

#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/random.h"

namespace mxban::simulation {

class Wire {
 public:
  // Calls `receive` with what arrives, then `on_room`, as long as `life` lasts.
  struct Ends {
    std::function<void(const std::string& bytes)> receive;
    std::function<void()> on_room;
  };
  Wire(Agenda& agenda, Random& random, Agenda::Life life, Ends ends);

  void Send(std::string bytes);

  // Whether a writer need not wait.
  bool has_room() const { return under_way_.size() < kWindow; }

  // Nothing arrives while it is held.
  void SetHeld(bool is_held);

  // Breaks: of what is under way some of the first still arrives.
  void Cut();

  // Nobody receives any more.
  void Close();

 private:
  // What one direction of a connection takes before its writer has to wait.
  static constexpr size_t kWindow = 4;

  void PlanArrival();
  void Arrive();

  Agenda& agenda_;
  Random& random_;
  const Agenda::Life life_;
  const Ends ends_;
  std::deque<std::string> under_way_;
  bool is_planned_ = false;
  bool is_held_ = false;
  bool is_cut_ = false;
  bool is_closed_ = false;
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_WIRE_H_
