#ifndef MXBAN_AGENT_FIREWALL_NFT_MESSAGE_H_
#define MXBAN_AGENT_FIREWALL_NFT_MESSAGE_H_

// The messages of nf_tables about our table, `inet mxban`, as bytes. Pure, so
// tests need no kernel.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/firewall/netlink_message.h"
#include "agent/firewall/nft_rule.h"
#include "common/ip_network.h"

namespace mxban {

inline constexpr absl::string_view kNftTable = "mxban";

// The chain that the kernel calls for each packet to this host, before the
// usual filter chains.
inline constexpr absl::string_view kNftInput = "input";

// More would not fit the 64 KiB of one attribute.
inline constexpr size_t kMaxNftElements = 1000;

struct NftElement {
  IpNetwork network;
  absl::Duration timeout = absl::InfiniteDuration();  // Left; above zero.

  friend bool operator==(const NftElement&, const NftElement&) = default;
};

// Changes that the kernel makes all or none of, in this order. Putting what is
// there and deleting elements that are there succeed; deleting what is not
// fails, unless it was put before.
class NftBatch {
 public:
  // With `generation`, the kernel refuses the batch if anybody has changed any
  // table since then.
  explicit NftBatch(std::optional<uint32_t> generation = std::nullopt);

  void PutTable();
  void DeleteTable();
  void PutInput();
  void PutChain(const std::string& chain);
  void FlushChain(const std::string& chain);  // Its rules go.
  void DeleteChain(const std::string& chain);
  void PutRule(const std::string& chain, const NftRule& rule);  // At the end.
  void PutSet(const NftSet& set);
  void DeleteSet(const NftSet& set);

  // With kNew, elements that are there make the batch fail; else they keep the
  // end that they have.
  enum class Presence { kNew, kAny };
  void PutElements(const NftSet& set, absl::Span<const NftElement> elements,
                   Presence presence);
  void DeleteElements(const NftSet& set, absl::Span<const NftElement> elements);

  // How many messages hold them. Answers bear their sequences, from 1 on; the
  // last is acknowledged. 0 stands for the batch as a whole.
  uint32_t size() const { return size_; }

  size_t element_count() const { return element_count_; }

  std::string Finish() &&;

 private:
  NetlinkMessage Message(uint16_t command, uint16_t flags, size_t room = 512);
  void Append(NetlinkMessage message);
  void PutElementList(uint16_t command, uint16_t flags, const NftSet& set,
                      absl::Span<const NftElement> elements);

  std::string bytes_;
  size_t last_ = 0;  // Where the last message begins.
  uint32_t size_ = 0;
  size_t element_count_ = 0;
};

// What stands in our table.
struct NftTable {
  bool stands = false;        // The table is there, and awake.
  bool input_stands = false;  // Its input chain is hooked as PutInput() does.
  std::map<std::string, std::vector<NftRule>> chains;

  // Whether each is of the kind that PutSet() makes. Of our names only.
  std::map<NftSet, bool> sets;
};

enum class NftListing { kTable, kChains, kRules, kSets };

// Asks how often anybody's tables were changed.
std::string NftGenerationRequest(uint32_t sequence);
uint32_t NftGenerationIn(const NetlinkPart& part);

// Lists one kind of thing in our table; `listing` of other tables may come
// along.
std::string NftListRequest(uint32_t sequence, NftListing listing);
std::string NftElementsRequest(uint32_t sequence, const NftSet& set);

// Adds what an answer to one of these says to `table` or `elements`; what is
// not of our table is passed over.
void ParseNftPart(const NetlinkPart& part, NftTable& table);
void ParseNftElements(const NetlinkPart& part, const NftSet& set,
                      std::vector<NftElement>& elements);

// Whether a notification tells of a change to our table.
bool ConcernsNftTable(const NetlinkPart& part);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NFT_MESSAGE_H_
