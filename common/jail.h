#ifndef MXBAN_COMMON_JAIL_H_
#define MXBAN_COMMON_JAIL_H_

// What to look for, where, how much of it is too much, and what to close: the
// values that the coordinator reads from files and agents receive. The wire
// form, with each field explained, is proto/mxban/v1/jail.proto.

#include <cstddef>
#include <cstdint>
#include <optional>
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
  std::string time_zone;                   // Of stamps without; empty: local.
  uint32_t max_lines = 1;                  // That an expression sees at once.
  bool use_names = true;                   // Whether <HOST> takes names, too.
  // How many failures of one <F-MLFID> wait for its address, and how long.
  uint32_t pending_limit = 1;
  absl::Duration join_time = absl::Minutes(5);
  std::vector<std::string> success_regexes;  // Find right logins.

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

// How bans of known offenders grow (`bantime.increment`).
struct Escalation {
  double factor = 1;                // Above 0.
  std::vector<double> multipliers;  // Above 0; empty: the powers of two.
  absl::Duration max_time = absl::InfiniteDuration();
  absl::Duration random_time;   // At most so much is added.
  bool over_all_jails = false;  // Whether bans of other jails count, too.

  friend bool operator==(const Escalation&, const Escalation&) = default;
};

// Systemd's journal, as a jail reads it.
struct Journal {
  // As sd_journal_open() has them.
  static constexpr uint32_t kSystemMessages = 4;
  static constexpr uint32_t kAllFlags = 15;
  static constexpr uint32_t kFlagsOfDirectory = 12;  // Where one is named.

  std::string directory;  // Of its files; empty: a server's own journal.
  uint32_t flags = kSystemMessages;

  friend bool operator==(const Journal&, const Journal&) = default;
};

// No jail's name is longer.
inline constexpr size_t kMaxJailName = 200;

struct Jail {
  std::string name;  // Printable.
  Filter filter;
  std::vector<std::string> log_paths;  // Globs.
  std::optional<Journal> journal;      // Read in place of logs.
  uint32_t max_retry = 3;              // At least 1.
  absl::Duration find_time = absl::Minutes(10);
  absl::Duration ban_time = absl::Minutes(10);  // Infinite: for ever.
  std::optional<Escalation> escalation;         // Without, all bans are alike.
  absl::Duration ban_memory = absl::Hours(24);  // After 3 times a ban.
  int ipv6_prefix = 64;
  std::vector<IpNetwork> ignored_networks;
  bool ignore_self = true;  // Whether a server's own addresses are ignored.
  std::vector<std::string> journal_matches;  // Any of them; see jail.proto.
  Enforcement enforcement;

  // The rails; see jail.proto. Zero where there is no limit.
  bool dry_run = false;
  uint32_t min_servers = 1;                    // At least 1.
  uint32_t max_ban_rate = 0;                   // Bans a minute.
  double max_good_share = 0;                   // Up to 1.
  absl::Duration good_time = absl::Hours(24);  // At least find_time.

  // What is counted and banned for an address: itself, or its IPv6 network. One
  // of NAT64 (RFC 6052) is a single IPv4 client, and in no network with others.
  IpNetwork SourceOf(const IpNetwork& address) const {
    static const IpNetwork nat64 = IpNetwork::ParseOrDie("64:ff9b::/96");
    if (address.is_ipv4()) return address;
    const IpNetwork network = address.Widened(ipv6_prefix);
    return network.Overlaps(nat64) ? address : network;
  }

  friend bool operator==(const Jail&, const Jail&) = default;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_JAIL_H_
