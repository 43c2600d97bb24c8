#ifndef MXBAN_COMMON_IP_NETWORK_H_
#define MXBAN_COMMON_IP_NETWORK_H_

// An IPv4 or IPv6 network: what mxban counts, bans and allows. A single address
// is a network of full prefix length.
//
// Value type, always canonical: host bits are zero, and an IPv4-mapped IPv6
// address is the IPv4 address. So equal networks compare equal byte by byte.

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mxban {

class IpNetwork {
 public:
  // 0.0.0.0/32, which is nobody.
  IpNetwork() = default;

  // Reads `ADDRESS` or `ADDRESS/PREFIX_LENGTH`. Host bits are cleared, as
  // Fail2Ban does with `ignoreip`. INVALID_ARGUMENT quotes what is wrong.
  static absl::StatusOr<IpNetwork> Parse(absl::string_view text);

  // For constants in tests and tables. Ends the process on malformed text.
  static IpNetwork ParseOrDie(absl::string_view text);

  // REQUIRES: `bytes` has 4 or 16 bytes in network order, and `prefix_length`
  // is within 0 and 32 or 128.
  static IpNetwork FromBytes(absl::Span<const uint8_t> bytes,
                             int prefix_length);

  bool is_ipv4() const { return is_ipv4_; }
  int prefix_length() const { return prefix_length_; }
  int max_prefix_length() const { return is_ipv4_ ? 32 : 128; }
  bool is_address() const { return prefix_length_ == max_prefix_length(); }

  // The network address in network order: 4 or 16 bytes.
  absl::Span<const uint8_t> bytes() const {
    return absl::MakeConstSpan(bytes_).first(is_ipv4_ ? 4 : 16);
  }

  // Whether every address of `other` is in this network.
  bool Contains(const IpNetwork& other) const;

  // Whether the two share an address.
  bool Overlaps(const IpNetwork& other) const;

  // The network of `prefix_length` that contains this one; this one itself if
  // it is as wide already.
  IpNetwork Widened(int prefix_length) const;

  // `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/64` (RFC 5952).
  std::string ToString() const;

  friend bool operator==(const IpNetwork& a, const IpNetwork& b) = default;
  friend auto operator<=>(const IpNetwork& a, const IpNetwork& b) = default;

  template <typename H>
  friend H AbslHashValue(H h, const IpNetwork& network) {
    return H::combine(std::move(h), network.bytes_, network.prefix_length_,
                      network.is_ipv4_);
  }

 private:
  // Ordered: IPv6 first, then by address, then by width.
  bool is_ipv4_ = true;
  std::array<uint8_t, 16> bytes_ = {};  // IPv4 uses the first four.
  uint8_t prefix_length_ = 32;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_IP_NETWORK_H_
