#include "tests/cluster/simulation/wire.h"

#include <utility>

namespace mxban::simulation {

Wire::Wire(Agenda& agenda, Random& random, Agenda::Life life, Ends ends)
    : agenda_(agenda),
      random_(random),
      life_(std::move(life)),
      ends_(std::move(ends)) {}

void Wire::Send(std::string bytes) {
  if (is_cut_ || is_closed_) return;
  under_way_.push_back(std::move(bytes));
  PlanArrival();
}

void Wire::SetHeld(bool is_held) {
  is_held_ = is_held;
  PlanArrival();
}

void Wire::Cut() {
  if (is_cut_) return;
  is_cut_ = true;
  under_way_.resize(random_.Below(under_way_.size() + 1));
}

void Wire::Close() {
  is_closed_ = true;
  under_way_.clear();
}

void Wire::PlanArrival() {
  if (is_planned_ || is_held_ || under_way_.empty()) return;
  is_planned_ = true;
  const absl::Duration delay =
      random_.OneIn(20)
          ? random_.Between(absl::Milliseconds(50), absl::Seconds(3))
          : random_.Between(absl::Milliseconds(1), absl::Milliseconds(30));
  agenda_.After(delay, life_, [this] { Arrive(); });
}

void Wire::Arrive() {
  is_planned_ = false;
  if (is_held_ || under_way_.empty()) return;
  const std::string bytes = std::move(under_way_.front());
  under_way_.pop_front();
  PlanArrival();
  ends_.receive(bytes);
  if (!is_cut_ && !is_closed_) ends_.on_room();
}

}  // namespace mxban::simulation
