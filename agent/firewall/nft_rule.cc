#include "agent/firewall/nft_rule.h"

#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/firewall/netlink_message.h"
#include "agent/firewall/table_rule.h"

namespace mxban {
namespace {

constexpr size_t kRuleBytes = 2048;

// Where the source address and the port of destination stand in a packet.
constexpr uint32_t kIpv4SourceOffset = 12;
constexpr uint32_t kIpv6SourceOffset = 8;
constexpr uint32_t kPortOffset = 2;

constexpr auto kPlain = NetlinkMessage::Mark::kPlain;

std::string Bytes(uint8_t value) {
  return std::string(1, static_cast<char>(value));
}

std::string PortBytes(uint16_t port) {
  return Bytes(static_cast<uint8_t>(port >> 8)) +
         Bytes(static_cast<uint8_t>(port));
}

std::string MaskBytes(const NftSet& set) {
  std::string mask(set.key_size(), '\0');
  for (int bit = 0; bit < set.prefix_length; ++bit) {
    mask[bit / 8] = static_cast<char>(mask[bit / 8] | 0x80 >> bit % 8);
  }
  return mask;
}

// Expressions under construction. All pass their value on in one register.
class Writer {
 public:
  Writer() : message_(0, 0, 0, absl::string_view(), kRuleBytes) {}

  void LoadMeta(uint32_t key) {
    Put("meta", [&] {
      message_.PutWord(NFTA_META_DREG, NFT_REG_1);
      message_.PutWord(NFTA_META_KEY, key);
    });
  }

  void LoadPayload(uint32_t base, uint32_t offset, uint32_t size) {
    Put("payload", [&] {
      message_.PutWord(NFTA_PAYLOAD_DREG, NFT_REG_1);
      message_.PutWord(NFTA_PAYLOAD_BASE, base);
      message_.PutWord(NFTA_PAYLOAD_OFFSET, offset);
      message_.PutWord(NFTA_PAYLOAD_LEN, size);
    });
  }

  void DemandEqual(absl::string_view value) {
    Put("cmp", [&] {
      message_.PutWord(NFTA_CMP_SREG, NFT_REG_1);
      message_.PutWord(NFTA_CMP_OP, NFT_CMP_EQ);
      PutValue(NFTA_CMP_DATA, value);
    });
  }

  void DemandRange(absl::string_view first, absl::string_view last) {
    Put("range", [&] {
      message_.PutWord(NFTA_RANGE_SREG, NFT_REG_1);
      message_.PutWord(NFTA_RANGE_OP, NFT_RANGE_EQ);
      PutValue(NFTA_RANGE_FROM_DATA, first);
      PutValue(NFTA_RANGE_TO_DATA, last);
    });
  }

  void Mask(absl::string_view mask) {
    Put("bitwise", [&] {
      message_.PutWord(NFTA_BITWISE_SREG, NFT_REG_1);
      message_.PutWord(NFTA_BITWISE_DREG, NFT_REG_1);
      message_.PutWord(NFTA_BITWISE_LEN, static_cast<uint32_t>(mask.size()));
      PutValue(NFTA_BITWISE_MASK, mask);
      PutValue(NFTA_BITWISE_XOR, std::string(mask.size(), '\0'));
    });
  }

  void DemandMember(const std::string& set) {
    Put("lookup", [&] {
      message_.PutText(NFTA_LOOKUP_SET, set);
      message_.PutWord(NFTA_LOOKUP_SREG, NFT_REG_1);
      message_.PutWord(NFTA_LOOKUP_FLAGS, 0);
    });
  }

  void Verdict(int code, const std::string& chain = "") {
    Put("immediate", [&] {
      message_.PutWord(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
      const size_t data = message_.Begin(NFTA_IMMEDIATE_DATA, kPlain);
      const size_t verdict = message_.Begin(NFTA_DATA_VERDICT, kPlain);
      message_.PutWord(NFTA_VERDICT_CODE, static_cast<uint32_t>(code));
      if (!chain.empty()) message_.PutText(NFTA_VERDICT_CHAIN, chain);
      message_.End(verdict);
      message_.End(data);
    });
  }

  void Reject(Rejection rejection) {
    Put("reject", [&] {
      const bool reset = rejection == Rejection::kTcpReset;
      message_.PutWord(NFTA_REJECT_TYPE,
                       reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
      if (reset) return;
      message_.PutByte(NFTA_REJECT_ICMP_CODE, NFT_REJECT_ICMPX_PORT_UNREACH);
    });
  }

  std::string Finish() {
    return std::string(AfterHead(std::move(message_).Finish(), NLMSG_HDRLEN));
  }

 private:
  void Put(absl::string_view name, absl::FunctionRef<void()> put_data) {
    const size_t element = message_.Begin(NFTA_LIST_ELEM, kPlain);
    message_.PutText(NFTA_EXPR_NAME, name);
    const size_t data = message_.Begin(NFTA_EXPR_DATA, kPlain);
    put_data();
    message_.End(data);
    message_.End(element);
  }

  void PutValue(uint16_t type, absl::string_view value) {
    const size_t data = message_.Begin(type, kPlain);
    message_.PutBytes(NFTA_DATA_VALUE, value);
    message_.End(data);
  }

  NetlinkMessage message_;
};

void WritePorts(const PortRange& ports, Writer& writer) {
  writer.LoadMeta(NFT_META_L4PROTO);
  writer.DemandEqual(Bytes(IPPROTO_TCP));
  writer.LoadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, kPortOffset, 2);
  if (ports.first == ports.last) {
    writer.DemandEqual(PortBytes(ports.first));
  } else {
    writer.DemandRange(PortBytes(ports.first), PortBytes(ports.last));
  }
}

void WriteSource(const NftSet& set, Writer& writer) {
  const bool is_ipv4 = set.family == Family::kIpv4;
  const std::string mask = MaskBytes(set);
  writer.LoadMeta(NFT_META_NFPROTO);
  writer.DemandEqual(Bytes(is_ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
  writer.LoadPayload(NFT_PAYLOAD_NETWORK_HEADER,
                     is_ipv4 ? kIpv4SourceOffset : kIpv6SourceOffset,
                     static_cast<uint32_t>(set.key_size()));
  if (set.prefix_length < static_cast<int>(8 * mask.size())) writer.Mask(mask);
  writer.DemandMember(set.Name());
}

// One expression as the kernel tells it.
struct Expression {
  std::string name;
  std::map<uint16_t, std::string> attributes;
};

std::vector<Expression> Parse(absl::string_view expressions) {
  std::vector<Expression> parsed;
  ForEachAttribute(expressions, [&](uint16_t, absl::string_view element) {
    Expression& expression = parsed.emplace_back();
    expression.name = NetworkText(FindAttribute(element, NFTA_EXPR_NAME));
    ForEachAttribute(FindAttribute(element, NFTA_EXPR_DATA),
                     [&](uint16_t type, absl::string_view value) {
                       expression.attributes[type] = std::string(value);
                     });
  });
  return parsed;
}

// Whether `told` says what `written` says. Kernels add attributes as they grow.
bool Says(const Expression& told, const Expression& written) {
  if (told.name != written.name) return false;
  for (const auto& [type, value] : written.attributes) {
    const auto found = told.attributes.find(type);
    if (found == told.attributes.end() || found->second != value) return false;
  }
  return true;
}

// What the rule could be, by its telling parts; whether it is, is for the
// caller to see.
class Guess {
 public:
  NftRule Rule(const std::vector<Expression>& expressions) {
    for (const Expression& expression : expressions) Take(expression);
    return rule_;
  }

 private:
  static std::string Attribute(const Expression& expression, uint16_t type) {
    const auto found = expression.attributes.find(type);
    return found == expression.attributes.end() ? "" : found->second;
  }

  static uint16_t Port(const Expression& expression, uint16_t type) {
    return NetworkShort(
        FindAttribute(Attribute(expression, type), NFTA_DATA_VALUE));
  }

  void Take(const Expression& expression) {
    if (expression.name == "meta") {
      is_port_ = false;
    } else if (expression.name == "payload") {
      is_port_ = NetworkWord(Attribute(expression, NFTA_PAYLOAD_BASE)) ==
                 NFT_PAYLOAD_TRANSPORT_HEADER;
    } else if (expression.name == "cmp" && is_port_) {
      const uint16_t port = Port(expression, NFTA_CMP_DATA);
      rule_.ports = {port, port};
    } else if (expression.name == "range" && is_port_) {
      rule_.ports = {Port(expression, NFTA_RANGE_FROM_DATA),
                     Port(expression, NFTA_RANGE_TO_DATA)};
    } else if (expression.name == "lookup") {
      rule_.source =
          NftSet::FromName(NetworkText(Attribute(expression, NFTA_LOOKUP_SET)));
    } else if (expression.name == "reject") {
      const uint32_t type =
          NetworkWord(Attribute(expression, NFTA_REJECT_TYPE));
      rule_.rejection = type == NFT_REJECT_TCP_RST
                            ? Rejection::kTcpReset
                            : Rejection::kIcmpPortUnreachable;
    } else if (expression.name == "immediate") {
      TakeVerdict(Attribute(expression, NFTA_IMMEDIATE_DATA));
    }
  }

  void TakeVerdict(absl::string_view data) {
    const absl::string_view verdict = FindAttribute(data, NFTA_DATA_VERDICT);
    rule_.jump = NetworkText(FindAttribute(verdict, NFTA_VERDICT_CHAIN));
    const auto code = static_cast<int32_t>(
        NetworkWord(FindAttribute(verdict, NFTA_VERDICT_CODE)));
    if (code == NF_DROP) rule_.rejection = Rejection::kDrop;
  }

  NftRule rule_;
  bool is_port_ = false;
};

}  // namespace

NftSet NftSet::For(absl::string_view jail, bool allowed,
                   const IpNetwork& network) {
  return {std::string(jail), allowed, FamilyOf(network),
          network.prefix_length()};
}

std::optional<NftSet> NftSet::FromName(absl::string_view name) {
  const absl::string_view whole = name;
  const size_t last = name.rfind('-');
  if (last == name.npos || last == 0) return std::nullopt;
  const size_t middle = name.rfind('-', last - 1);
  if (middle == name.npos || !absl::ConsumePrefix(&name, kOwnPrefix) ||
      middle <= kOwnPrefix.size()) {
    return std::nullopt;
  }
  NftSet set;
  set.jail =
      std::string(whole.substr(kOwnPrefix.size(), middle - kOwnPrefix.size()));
  absl::string_view kind = whole.substr(middle + 1, last - middle - 1);
  set.allowed = absl::ConsumePrefix(&kind, "a");
  set.family = kind == "6" ? Family::kIpv6 : Family::kIpv4;
  if (!absl::SimpleAtoi(whole.substr(last + 1), &set.prefix_length) ||
      set.prefix_length < (set.allowed ? 0 : 1) ||
      set.prefix_length > static_cast<int>(8 * set.key_size()) ||
      !IsFirewallName(set.jail) || set.Name() != whole) {
    return std::nullopt;
  }
  return set;
}

std::string NftSet::Name() const {
  return absl::StrCat(kOwnPrefix, jail, allowed ? "-a" : "-",
                      std::string(1, FamilyDigit(family)), "-", prefix_length);
}

std::string EncodeNftRule(const NftRule& rule) {
  Writer writer;
  if (rule.ports.has_value()) WritePorts(*rule.ports, writer);
  if (rule.source.has_value()) WriteSource(*rule.source, writer);
  if (!rule.rejection.has_value()) {
    writer.Verdict(rule.jump.empty() ? NFT_RETURN : NFT_JUMP, rule.jump);
  } else if (*rule.rejection == Rejection::kDrop) {
    writer.Verdict(NF_DROP);
  } else {
    writer.Reject(*rule.rejection);
  }
  return writer.Finish();
}

NftRule DecodeNftRule(absl::string_view expressions) {
  const std::vector<Expression> told = Parse(expressions);
  const NftRule guess = Guess().Rule(told);
  const std::vector<Expression> written = Parse(EncodeNftRule(guess));
  if (std::equal(told.begin(), told.end(), written.begin(), written.end(),
                 Says)) {
    return guess;
  }
  return {.opaque = true};
}

}  // namespace mxban
