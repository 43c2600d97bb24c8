#ifndef MXBAN_AGENT_FIREWALL_IPSET_MESSAGE_H_
#define MXBAN_AGENT_FIREWALL_IPSET_MESSAGE_H_

// The netlink messages of ipset, as bytes: what IpsetNetlink sends and reads.
// Pure, so tests need no kernel.
//
// No request carries NLM_F_EXCL: creating, adding and deleting what is so
// already succeeds, and adding again sets the timeout anew.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/firewall/family.h"
#include "common/ip_network.h"

namespace mxban {

// Seconds; the kernel silently cuts what is longer (24.8 days).
inline constexpr uint32_t kMaxIpsetTimeout = 2'147'483;

// More would not fit the 64 KiB of one message.
inline constexpr size_t kMaxIpsetBatch = 1000;

struct IpsetElement {
  IpNetwork network;     // Any width but 0, which hash:net cannot hold.
  uint32_t timeout = 0;  // Seconds left; 0: permanent.

  friend bool operator==(const IpsetElement&, const IpsetElement&) = default;
};

// What a set is, apart from its elements.
struct IpsetHeader {
  std::string name;
  std::string type;
  Family family = Family::kIpv4;
  bool has_timeout = false;
  uint32_t max_elements = 0;
  uint32_t element_count = 0;
  uint16_t index = 0;  // By which rules know the set; 0 if it is not told.

  friend bool operator==(const IpsetHeader&, const IpsetHeader&) = default;
};

enum class IpsetChange { kAdd, kDelete };
enum class IpsetListing { kNames, kHeaders, kHeader, kElements };

// Requests. `sequence` is found again in the replies; `set` is never empty,
// since for the kernel no name means all sets.
std::string IpsetProtocolRequest(uint32_t sequence);
std::string IpsetCreateRequest(uint32_t sequence, const IpsetHeader& header);
std::string IpsetDestroyRequest(uint32_t sequence, absl::string_view set);
std::string IpsetSwapRequest(uint32_t sequence, absl::string_view set,
                             absl::string_view other);
std::string IpsetIndexRequest(uint32_t sequence, absl::string_view set);

// Lists the names or the headers of all sets, or one set.
std::string IpsetListRequest(uint32_t sequence, IpsetListing listing,
                             absl::string_view set);

// Changes one set. Elements are numbered from 1; not atomic: an
// error comes with the number of the element at fault, those before it are
// done, those after it are not.
//
// REQUIRES: 1 to kMaxIpsetBatch elements, all of one family.
std::string IpsetBatchRequest(uint32_t sequence, IpsetChange change,
                              absl::string_view set,
                              absl::Span<const IpsetElement> elements);

// What the kernel has answered so far.
struct IpsetReply {
  bool finished = false;  // Nothing follows.
  int error = 0;          // 0, an errno, or one of ipset's own numbers.
  uint32_t line = 0;      // With an error in a batch: at which element.
  std::optional<uint16_t> index;
  std::vector<IpsetHeader> sets;
  std::vector<IpsetElement> elements;
};

// Adds what `datagram` says in answer to `sequence` to `reply`. Messages with
// another sequence belong to a request given up earlier and are skipped.
void ParseIpsetReply(absl::string_view datagram, uint32_t sequence,
                     IpsetReply& reply);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPSET_MESSAGE_H_
