#ifndef MXBAN_AGENT_FIREWALL_NFT_RULE_H_
#define MXBAN_AGENT_FIREWALL_NFT_RULE_H_

// The rules and sets of our nftables table, as values, and their bytes.
//
// A set holds networks of one width; a rule masks the source and looks it up.
// So every set is a hash, in which an element costs the same among ten or a
// million: the kernel's own sets of networks are trees, and a hundred times
// slower.

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/firewall/family.h"
#include "common/ip_network.h"
#include "common/jail.h"

namespace mxban {

// The networks of one width that a jail refuses, or never refuses.
struct NftSet {
  std::string jail;
  bool allowed = false;
  Family family = Family::kIpv4;
  int prefix_length = 32;

  // The set that `network` belongs in.
  static NftSet For(absl::string_view jail, bool allowed,
                    const IpNetwork& network);

  // Reads a name; nullopt if it is none of ours.
  static std::optional<NftSet> FromName(absl::string_view name);

  // `mxban-<jail>-4-32`, `mxban-<jail>-a6-64`.
  std::string Name() const;

  size_t key_size() const { return family == Family::kIpv4 ? 4 : 16; }

  friend bool operator==(const NftSet&, const NftSet&) = default;
  friend auto operator<=>(const NftSet&, const NftSet&) = default;
};

// One rule. A packet that meets all conditions is rejected, or goes on in
// another chain, or returns.
struct NftRule {
  std::optional<PortRange> ports;  // tcp dport
  std::optional<NftSet> source;    // ip saddr & mask == @set

  std::optional<Rejection> rejection;  // reject or drop; else:
  std::string jump;                    // jump CHAIN; empty: return.

  bool opaque = false;  // Somebody else's hand; the fields above say nothing.

  friend bool operator==(const NftRule&, const NftRule&) = default;
};

// What NFTA_RULE_EXPRESSIONS holds for `rule`, which is not opaque.
std::string EncodeNftRule(const NftRule& rule);

// Reads it. Exact: a rule that says anything that the encoding of the result
// does not is opaque.
NftRule DecodeNftRule(absl::string_view expressions);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NFT_RULE_H_
