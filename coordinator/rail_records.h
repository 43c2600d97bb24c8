#ifndef MXBAN_COORDINATOR_RAIL_RECORDS_H_
#define MXBAN_COORDINATOR_RAIL_RECORDS_H_

// What keeps bans from being enforced, as the store has it. The wire forms,
// with each field explained, are in proto/mxban/v1/admin_service.proto.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ban.h"

namespace mxban {

// A decision that is not carried out.
struct HeldBan {
  Ban ban;                  // As it was decided.
  std::string hold_reason;  // Which rail holds it.
};

// What is never banned, by an operator's word.
struct AllowedSource {
  std::string source;  // Canonical: a network, a name, or `file:PATH`.
  std::string reason;
  std::string who;
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();  // Infinite: never.
  std::vector<IpNetwork> networks;  // What it comes to; disjoint and sorted.

  friend bool operator==(const AllowedSource&, const AllowedSource&) = default;
};

// What an operator wants allowed; as above.
struct AllowRequest {
  std::string source;
  std::string reason;
  std::string who;
  absl::Duration duration = absl::InfiniteDuration();
  std::vector<IpNetwork> networks;
};

// That an operator has stopped enforcement.
struct Pause {
  std::string who;
  std::string reason;
  absl::Time start_time;

  friend bool operator==(const Pause&, const Pause&) = default;
};

// The most that are allowed.
inline constexpr size_t kMaxAllowed = 10'000;

// What operators have set beside the configuration.
struct RailState {
  std::map<std::string, AllowedSource> allowed;  // By source.
  std::optional<Pause> pause;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RAIL_RECORDS_H_
