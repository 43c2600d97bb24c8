#include "tests/cluster/simulation/agenda.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/stable_hash.h"

namespace mxban::simulation {

void Agenda::After(absl::Duration delay, Life life, std::function<void()> act) {
  plans_[{now_ + delay, next_number_++}] = {std::move(life), std::move(act)};
}

void Agenda::RunUntil(absl::Time end) {
  while (!plans_.empty() && plans_.begin()->first.first <= end) {
    const auto next = plans_.extract(plans_.begin());
    now_ = next.key().first;
    // Whoever acts lives until it is done.
    const std::shared_ptr<const void> life = next.mapped().life.lock();
    if (life != nullptr) next.mapped().act();
  }
  now_ = end;
}

void Agenda::Note(absl::string_view what) {
  static const bool is_shown = std::getenv("MXBAN_SIM_TRACE") != nullptr;
  trace_hash_ = StableHash(
      absl::StrCat(trace_hash_, " ", absl::ToUnixMillis(now_), " ", what));
  if (!is_shown) return;
  const std::string time =
      absl::FormatTime("%m-%d %H:%M:%E3S", now_, absl::UTCTimeZone());
  std::fprintf(stderr, "%s %s\n", time.c_str(), std::string(what).c_str());
}

}  // namespace mxban::simulation
