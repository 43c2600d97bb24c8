#ifndef MXBAN_COMMON_BAN_H_
#define MXBAN_COMMON_BAN_H_

// Failures and bans as values. The wire forms, with each field explained, are
// in proto/mxban/v1/.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

// Nothing wider is counted, and operators confirm it: too many innocents share
// such a network.
inline constexpr int kWidestCountedIpv4 = 24;
inline constexpr int kWidestCountedIpv6 = 48;

inline bool MayBeCounted(const IpNetwork& source) {
  return source.prefix_length() >=
         (source.is_ipv4() ? kWidestCountedIpv4 : kWidestCountedIpv6);
}

// One unwelcome act by a remote host, as a line of a log told it.
struct Failure {
  IpNetwork source;
  absl::Time time;
  uint64_t end_offset = 0;  // In the log, of the first byte after the line.
  std::string evidence;     // Printable ASCII.
  std::string user;         // As RightLogin has it; may be empty.
};

// That a user of a remote host has logged in with the right password.
struct RightLogin {
  IpNetwork source;
  absl::Time time;
  uint64_t end_offset = 0;
  std::string user;  // Printable ASCII, at most kMaxUser; never empty.
};

// As much of a user's name as is kept: what sendmail logs of it.
inline constexpr size_t kMaxUser = 64;

// What a line tells.
using Finding = std::variant<Failure, RightLogin>;

inline uint64_t EndOffsetOf(const Finding& finding) {
  return std::visit([](const auto& told) { return told.end_offset; }, finding);
}

// What one jail found in one log, each kind in the order of its lines.
struct FailureBatch {
  std::string jail;
  std::string log_id;
  std::vector<Failure> failures;
  std::vector<RightLogin> right_logins;
};

// What identifies a ban.
struct BanKey {
  std::string jail;
  IpNetwork source;

  friend bool operator==(const BanKey&, const BanKey&) = default;
  friend auto operator<=>(const BanKey&, const BanKey&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const BanKey& key) {
    return H::combine(std::move(h), key.jail, key.source);
  }
};

// By the fleet's count, an operator, or one server that was cut off.
enum class BanOrigin { kCounted, kOperator, kLocal };

// Evidence lines and server names kept with a ban.
inline constexpr size_t kMaxEvidence = 10;
inline constexpr size_t kMaxServers = 32;

struct Ban {
  BanKey key;
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();  // Infinite: permanent.
  BanOrigin origin = BanOrigin::kCounted;
  std::string reason;
  uint32_t failure_count = 0;
  std::vector<std::string> servers;   // Sorted, at most kMaxServers.
  std::vector<std::string> evidence;  // Newest last, at most kMaxEvidence.
  uint32_t previous_ban_count = 0;
  uint64_t revision = 0;
};

// As much of a ban as enforcing it takes.
struct StandingBan {
  BanKey key;
  absl::Time expire_time = absl::InfiniteFuture();
};

}  // namespace mxban

#endif  // MXBAN_COMMON_BAN_H_
