#include <optional>

#include "absl/time/time.h"
#include "agent/firewall/firewall.h"

namespace mxban {
namespace {

// Rounding up when imposing, down when listing, and the way in between.
constexpr absl::Duration kTolerance = absl::Seconds(2);

}  // namespace

bool EndStands(std::optional<absl::Time> standing, absl::Time wanted,
               absl::Time now) {
  if (!standing.has_value()) return true;  // The caller keeps the time.
  if (*standing == wanted) return true;
  if (*standing == absl::InfiniteFuture()) return false;
  if (wanted - now > kLongestBan) return *standing - now > kLongestBan / 2;
  const absl::Duration difference = *standing - wanted;
  return -kTolerance <= difference && difference <= kTolerance;
}

}  // namespace mxban
