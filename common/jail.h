#ifndef MXBAN_COMMON_JAIL_H_
#define MXBAN_COMMON_JAIL_H_

// What to look for, where, how much of it is too much, and what to close: the
// values that the coordinator reads from files and agents receive. The wire
// form, with each field explained, is proto/mxban/v1/jail.proto.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

// A Fail2Ban filter, fully expanded but for the tags that capture.
struct Filter {
  std::vector<std::string> fail_regexes;
  std::vector<std::string> ignore_regexes;
  std::string prefix_regex;                // Empty: none.
  std::vector<std::string> date_patterns;  // Empty: the default list.

  friend bool operator==(const Filter&, const Filter&) = default;
};

// A multiport match holds this many ports; a range takes two.
inline constexpr size_t kMaxPortSlots = 15;

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;  // Inclusive; equal to `first` for a single port.

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

enum class Rejection { kTcpReset, kIcmpPortUnreachable, kDrop };

struct Enforcement {
  std::string name;  // Of the chain, after `mxban-`; any length.
  std::vector<PortRange> ports;
  Rejection rejection = Rejection::kTcpReset;

  friend bool operator==(const Enforcement&, const Enforcement&) = default;
};

struct Jail {
  std::string name;
  Filter filter;
  std::vector<std::string> log_paths;  // Globs.
  uint32_t max_retry = 3;              // At least 1.
  absl::Duration find_time = absl::Minutes(10);
  absl::Duration ban_time = absl::Minutes(10);  // Infinite: for ever.
  int ipv6_prefix = 64;
  std::vector<IpNetwork> ignored_networks;
  Enforcement enforcement;

  // What is counted and banned for an address: itself, or its IPv6 network.
  IpNetwork SourceOf(const IpNetwork& address) const {
    return address.is_ipv4() ? address : address.Widened(ipv6_prefix);
  }

  friend bool operator==(const Jail&, const Jail&) = default;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_JAIL_H_
