#include "agent/firewall/nft_message.h"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace mxban {
namespace {

constexpr int32_t kPriority = -10;
constexpr char kFilter[] = "filter";

// How the nft program shows keys: its numbers for the types of IPv4 and IPv6
// addresses. The kernel only keeps them.
constexpr uint32_t kIpv4AddressType = 7;
constexpr uint32_t kIpv6AddressType = 8;

constexpr size_t kElementBytes = 64;

// The first attribute of messages of every kind is the name of the table.
constexpr uint16_t kTableAttribute = 1;
static_assert(+NFTA_TABLE_NAME == kTableAttribute &&
              +NFTA_CHAIN_TABLE == kTableAttribute &&
              +NFTA_RULE_TABLE == kTableAttribute &&
              +NFTA_SET_TABLE == kTableAttribute &&
              +NFTA_SET_ELEM_LIST_TABLE == kTableAttribute);

constexpr auto kPlain = NetlinkMessage::Mark::kPlain;

constexpr uint16_t TypeOf(uint16_t command) {
  return NFNL_SUBSYS_NFTABLES << 8 | command;
}

nfgenmsg InetHead() { return {NFPROTO_INET, NFNETLINK_V0, 0}; }

std::string BatchEdge(uint16_t type,
                      std::optional<uint32_t> generation = std::nullopt) {
  NetlinkMessage message(
      type, 0, 0,
      nfgenmsg{NFPROTO_UNSPEC, NFNETLINK_V0, htobe16(NFNL_SUBSYS_NFTABLES)});
  if (generation.has_value()) message.PutWord(NFNL_BATCH_GENID, *generation);
  return std::move(message).Finish();
}

// One element, whose key has `kBytes` bytes, as it goes out: there may be a
// million. Its last attribute is left out if it never ends.
template <size_t kBytes>
struct __attribute__((packed)) WrittenElement {
  nlattr list = {0, NFTA_LIST_ELEM};
  nlattr key = {2 * sizeof(nlattr) + kBytes, NFTA_SET_ELEM_KEY};
  nlattr value = {sizeof(nlattr) + kBytes, NFTA_DATA_VALUE};
  uint8_t key_bytes[kBytes];
  nlattr timeout = {sizeof(nlattr) + 8, NFTA_SET_ELEM_TIMEOUT};
  uint64_t milliseconds = 0;
};
constexpr size_t kTimeoutBytes = sizeof(nlattr) + 8;

template <size_t kBytes>
void WriteElements(absl::Span<const NftElement> elements,
                   NetlinkMessage& message) {
  WrittenElement<kBytes> written;
  for (const NftElement& element : elements) {
    std::memcpy(written.key_bytes, element.network.bytes().data(), kBytes);
    written.list.nla_len = sizeof(written);
    if (element.timeout == absl::InfiniteDuration()) {
      written.list.nla_len -= kTimeoutBytes;
    } else {
      // Rounds up: no ban ends early.
      written.milliseconds =
          htobe64(absl::ToInt64Milliseconds(element.timeout) + 1);
    }
    message.PutWritten(absl::string_view(
        reinterpret_cast<const char*>(&written), written.list.nla_len));
  }
}

// Whether the chain in `attributes` is hooked as PutInput() does.
bool IsInput(absl::string_view attributes) {
  const absl::string_view hook = FindAttribute(attributes, NFTA_CHAIN_HOOK);
  return NetworkWord(FindAttribute(hook, NFTA_HOOK_HOOKNUM)) ==
             NF_INET_LOCAL_IN &&
         static_cast<int32_t>(NetworkWord(
             FindAttribute(hook, NFTA_HOOK_PRIORITY))) == kPriority &&
         NetworkWord(FindAttribute(attributes, NFTA_CHAIN_POLICY)) ==
             NF_ACCEPT &&
         NetworkText(FindAttribute(attributes, NFTA_CHAIN_TYPE)) == kFilter;
}

void ParseSet(absl::string_view attributes, NftTable& table) {
  const std::optional<NftSet> set =
      NftSet::FromName(NetworkText(FindAttribute(attributes, NFTA_SET_NAME)));
  if (!set.has_value()) return;
  table.sets[*set] = NetworkWord(FindAttribute(attributes, NFTA_SET_FLAGS)) ==
                         NFT_SET_TIMEOUT &&
                     NetworkWord(FindAttribute(attributes, NFTA_SET_KEY_LEN)) ==
                         set->key_size();
}

}  // namespace

NftBatch::NftBatch(std::optional<uint32_t> generation)
    : bytes_(BatchEdge(NFNL_MSG_BATCH_BEGIN, generation)) {}

NetlinkMessage NftBatch::Message(uint16_t command, uint16_t flags,
                                 size_t room) {
  return NetlinkMessage(TypeOf(command), flags, ++size_, InetHead(), room);
}

void NftBatch::Append(NetlinkMessage message) {
  last_ = bytes_.size();
  bytes_ += std::move(message).Finish();
}

void NftBatch::PutTable() {
  NetlinkMessage message = Message(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  message.PutText(NFTA_TABLE_NAME, kNftTable);
  message.PutWord(NFTA_TABLE_FLAGS, 0);
  Append(std::move(message));
}

void NftBatch::DeleteTable() {
  NetlinkMessage message = Message(NFT_MSG_DELTABLE, 0);
  message.PutText(NFTA_TABLE_NAME, kNftTable);
  Append(std::move(message));
}

void NftBatch::PutInput() {
  NetlinkMessage message = Message(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.PutText(NFTA_CHAIN_TABLE, kNftTable);
  message.PutText(NFTA_CHAIN_NAME, kNftInput);
  const size_t hook = message.Begin(NFTA_CHAIN_HOOK, kPlain);
  message.PutWord(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
  message.PutWord(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(kPriority));
  message.End(hook);
  message.PutWord(NFTA_CHAIN_POLICY, NF_ACCEPT);
  message.PutText(NFTA_CHAIN_TYPE, kFilter);
  Append(std::move(message));
}

void NftBatch::PutChain(const std::string& chain) {
  NetlinkMessage message = Message(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.PutText(NFTA_CHAIN_TABLE, kNftTable);
  message.PutText(NFTA_CHAIN_NAME, chain);
  Append(std::move(message));
}

void NftBatch::FlushChain(const std::string& chain) {
  NetlinkMessage message = Message(NFT_MSG_DELRULE, 0);
  message.PutText(NFTA_RULE_TABLE, kNftTable);
  message.PutText(NFTA_RULE_CHAIN, chain);
  Append(std::move(message));
}

void NftBatch::DeleteChain(const std::string& chain) {
  NetlinkMessage message = Message(NFT_MSG_DELCHAIN, 0);
  message.PutText(NFTA_CHAIN_TABLE, kNftTable);
  message.PutText(NFTA_CHAIN_NAME, chain);
  Append(std::move(message));
}

void NftBatch::PutRule(const std::string& chain, const NftRule& rule) {
  const std::string expressions = EncodeNftRule(rule);
  NetlinkMessage message = Message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
                                   512 + expressions.size());
  message.PutText(NFTA_RULE_TABLE, kNftTable);
  message.PutText(NFTA_RULE_CHAIN, chain);
  message.PutBytes(NFTA_RULE_EXPRESSIONS, expressions);
  Append(std::move(message));
}

void NftBatch::PutSet(const NftSet& set) {
  NetlinkMessage message = Message(NFT_MSG_NEWSET, NLM_F_CREATE);
  message.PutText(NFTA_SET_TABLE, kNftTable);
  message.PutText(NFTA_SET_NAME, set.Name());
  // Elements may have timeouts; without one of their own they have none.
  message.PutWord(NFTA_SET_FLAGS, NFT_SET_TIMEOUT);
  message.PutWord(NFTA_SET_KEY_TYPE, set.family == Family::kIpv4
                                         ? kIpv4AddressType
                                         : kIpv6AddressType);
  message.PutWord(NFTA_SET_KEY_LEN, static_cast<uint32_t>(set.key_size()));
  message.PutWord(NFTA_SET_ID, size_);
  Append(std::move(message));
}

void NftBatch::DeleteSet(const NftSet& set) {
  NetlinkMessage message = Message(NFT_MSG_DELSET, 0);
  message.PutText(NFTA_SET_TABLE, kNftTable);
  message.PutText(NFTA_SET_NAME, set.Name());
  Append(std::move(message));
}

void NftBatch::PutElements(const NftSet& set,
                           absl::Span<const NftElement> elements,
                           Presence presence) {
  PutElementList(NFT_MSG_NEWSETELEM,
                 NLM_F_CREATE | (presence == Presence::kNew ? NLM_F_EXCL : 0),
                 set, elements);
}

void NftBatch::DeleteElements(const NftSet& set,
                              absl::Span<const NftElement> elements) {
  PutElementList(NFT_MSG_DELSETELEM, 0, set, elements);
}

void NftBatch::PutElementList(uint16_t command, uint16_t flags,
                              const NftSet& set,
                              absl::Span<const NftElement> elements) {
  element_count_ += elements.size();
  while (!elements.empty()) {
    const auto part =
        elements.first(std::min(kMaxNftElements, elements.size()));
    elements.remove_prefix(part.size());
    NetlinkMessage message =
        Message(command, flags, 512 + kElementBytes * part.size());
    message.PutText(NFTA_SET_ELEM_LIST_TABLE, kNftTable);
    message.PutText(NFTA_SET_ELEM_LIST_SET, set.Name());
    const size_t list = message.Begin(NFTA_SET_ELEM_LIST_ELEMENTS, kPlain);
    if (set.family == Family::kIpv4) {
      WriteElements<4>(part, message);
    } else {
      WriteElements<16>(part, message);
    }
    message.End(list);
    Append(std::move(message));
  }
}

std::string NftBatch::Finish() && {
  nlmsghdr header;
  std::memcpy(&header, &bytes_[last_], sizeof(header));
  header.nlmsg_flags |= NLM_F_ACK;
  std::memcpy(&bytes_[last_], &header, sizeof(header));
  return std::move(bytes_) + BatchEdge(NFNL_MSG_BATCH_END);
}

std::string NftGenerationRequest(uint32_t sequence) {
  return NetlinkMessage(TypeOf(NFT_MSG_GETGEN), 0, sequence, InetHead())
      .Finish();
}

uint32_t NftGenerationIn(const NetlinkPart& part) {
  return NetworkWord(
      FindAttribute(AfterHead(part.payload, sizeof(nfgenmsg)), NFTA_GEN_ID));
}

std::string NftListRequest(uint32_t sequence, NftListing listing) {
  static constexpr uint16_t kCommands[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN,
                                           NFT_MSG_GETRULE, NFT_MSG_GETSET};
  NetlinkMessage request(TypeOf(kCommands[static_cast<int>(listing)]),
                         NLM_F_DUMP, sequence, InetHead());
  if (listing == NftListing::kRules || listing == NftListing::kSets) {
    request.PutText(kTableAttribute, kNftTable);
  }
  return std::move(request).Finish();
}

std::string NftElementsRequest(uint32_t sequence, const NftSet& set) {
  NetlinkMessage request(TypeOf(NFT_MSG_GETSETELEM), NLM_F_DUMP, sequence,
                         InetHead());
  request.PutText(NFTA_SET_ELEM_LIST_TABLE, kNftTable);
  request.PutText(NFTA_SET_ELEM_LIST_SET, set.Name());
  return std::move(request).Finish();
}

bool ConcernsNftTable(const NetlinkPart& part) {
  if (part.type >> 8 != NFNL_SUBSYS_NFTABLES ||
      part.type == TypeOf(NFT_MSG_NEWGEN) || part.payload.empty() ||
      NetworkByte(part.payload) != NFPROTO_INET) {
    return false;
  }
  return NetworkText(FindAttribute(AfterHead(part.payload, sizeof(nfgenmsg)),
                                   kTableAttribute)) == kNftTable;
}

void ParseNftPart(const NetlinkPart& part, NftTable& table) {
  if (!ConcernsNftTable(part)) return;
  const absl::string_view attributes =
      AfterHead(part.payload, sizeof(nfgenmsg));
  switch (part.type) {
    case TypeOf(NFT_MSG_NEWTABLE):
      table.stands =
          NetworkWord(FindAttribute(attributes, NFTA_TABLE_FLAGS)) == 0;
      break;
    case TypeOf(NFT_MSG_NEWCHAIN): {
      const std::string chain =
          NetworkText(FindAttribute(attributes, NFTA_CHAIN_NAME));
      table.chains[chain];
      if (chain == kNftInput) table.input_stands = IsInput(attributes);
      break;
    }
    case TypeOf(NFT_MSG_NEWRULE):
      table.chains[NetworkText(FindAttribute(attributes, NFTA_RULE_CHAIN))]
          .push_back(
              DecodeNftRule(FindAttribute(attributes, NFTA_RULE_EXPRESSIONS)));
      break;
    case TypeOf(NFT_MSG_NEWSET):
      ParseSet(attributes, table);
      break;
  }
}

void ParseNftElements(const NetlinkPart& part, const NftSet& set,
                      std::vector<NftElement>& elements) {
  if (part.type != TypeOf(NFT_MSG_NEWSETELEM)) return;
  ForEachAttribute(
      FindAttribute(AfterHead(part.payload, sizeof(nfgenmsg)),
                    NFTA_SET_ELEM_LIST_ELEMENTS),
      [&](uint16_t, absl::string_view element) {
        const absl::string_view key = FindAttribute(
            FindAttribute(element, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE);
        if (key.size() != set.key_size()) return;
        const absl::string_view left =
            FindAttribute(element, NFTA_SET_ELEM_EXPIRATION);
        const auto* bytes = reinterpret_cast<const uint8_t*>(key.data());
        const IpNetwork network = IpNetwork::FromBytes(
            absl::MakeConstSpan(bytes, key.size()), set.prefix_length);
        // An IPv4 address written as IPv6 is nobody's here.
        if (FamilyOf(network) != set.family) return;
        elements.push_back(
            {network, left.empty() ? absl::InfiniteDuration()
                                   : absl::Milliseconds(NetworkLong(left))});
      });
}

}  // namespace mxban
