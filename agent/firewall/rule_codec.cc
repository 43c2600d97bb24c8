#include "agent/firewall/rule_codec.h"

#include <linux/in.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/numeric/bits.h"
#include "absl/types/span.h"

namespace mxban {
namespace {

constexpr char kMultiport[] = "multiport";
constexpr uint8_t kMultiportRevision = 1;
constexpr char kSet[] = "set";
constexpr uint8_t kSetRevision = 4;

// A match and a target begin alike: size, name, revision.
using ExtensionHeader = xt_entry_match;
static_assert(sizeof(xt_entry_match) == sizeof(xt_entry_target));
static_assert(XT_ALIGN(sizeof(xt_standard_target)) ==
              sizeof(ExtensionHeader) + XT_ALIGN(sizeof(int)));

template <typename T>
T Load(absl::string_view bytes, size_t offset = 0) {
  T value;
  std::memset(static_cast<void*>(&value), 0, sizeof(value));
  if (offset > bytes.size()) return value;
  std::memcpy(static_cast<void*>(&value), bytes.data() + offset,
              std::min(sizeof(value), bytes.size() - offset));
  return value;
}

template <typename T>
void Store(const T& value, size_t offset, std::string& bytes) {
  std::memcpy(&bytes[offset], &value, sizeof(value));
}

// The name ends at the first NUL; the kernel leaves what follows undefined.
std::string NameOf(const ExtensionHeader& header) {
  return std::string(header.u.user.name,
                     strnlen(header.u.user.name, sizeof(header.u.user.name)));
}

void SetName(absl::string_view name, ExtensionHeader& header) {
  std::memset(header.u.user.name, 0, sizeof(header.u.user.name));
  name.copy(header.u.user.name, sizeof(header.u.user.name) - 1);
}

template <typename Info>
void AppendExtension(absl::string_view name, uint8_t revision, const Info& info,
                     std::string& bytes) {
  ExtensionHeader header;
  std::memset(static_cast<void*>(&header), 0, sizeof(header));
  header.u.user.match_size = sizeof(header) + XT_ALIGN(sizeof(info));
  header.u.user.revision = revision;
  SetName(name, header);
  const size_t start = bytes.size();
  bytes.resize(start + header.u.user.match_size, '\0');
  Store(header, start, bytes);
  Store(info, start + sizeof(header), bytes);
}

void AppendPorts(absl::Span<const PortRange> ranges, std::string& bytes) {
  xt_multiport_v1 info;
  std::memset(&info, 0, sizeof(info));
  info.flags = XT_MULTIPORT_DESTINATION;
  for (const PortRange& range : ranges) {
    const bool is_range = range.first != range.last;
    info.pflags[info.count] = is_range ? 1 : 0;
    info.ports[info.count++] = range.first;
    if (is_range) info.ports[info.count++] = range.last;
  }
  AppendExtension(kMultiport, kMultiportRevision, info, bytes);
}

void AppendSet(uint16_t index, std::string& bytes) {
  xt_set_info_match_v4 info;
  std::memset(&info, 0, sizeof(info));
  info.match_set.index = index;
  info.match_set.dim = IPSET_DIM_ONE;
  info.match_set.flags = IPSET_DIM_ONE_SRC;
  AppendExtension(kSet, kSetRevision, info, bytes);
}

int RejectCode(Family family, Rejection rejection) {
  const bool reset = rejection == Rejection::kTcpReset;
  if (family == Family::kIpv4) {
    return reset ? IPT_TCP_RESET : IPT_ICMP_PORT_UNREACHABLE;
  }
  return reset ? IP6T_TCP_RESET : IP6T_ICMP6_PORT_UNREACH;
}

void AppendTarget(Family family, const TableRule& rule, std::string& bytes) {
  if (!rule.rejection.has_value()) {
    AppendExtension(rule.jump.empty() ? "RETURN" : rule.jump, 0, int{0}, bytes);
  } else if (*rule.rejection == Rejection::kDrop) {
    AppendExtension("DROP", 0, int{0}, bytes);
  } else {
    AppendExtension("REJECT", 0, RejectCode(family, *rule.rejection), bytes);
  }
}

// Sets the first `length` bits.
void FillMask(int length, absl::Span<uint8_t> mask) {
  for (uint8_t& byte : mask) {
    const int bits = std::clamp(length, 0, 8);
    byte = static_cast<uint8_t>(0xff00 >> bits);
    length -= bits;
  }
}

void EncodeSource(const IpNetwork& source, void* address, void* mask) {
  std::memcpy(address, source.bytes().data(), source.bytes().size());
  FillMask(source.prefix_length(),
           absl::MakeSpan(static_cast<uint8_t*>(mask), source.bytes().size()));
}

std::optional<IpNetwork> DecodeSource(const void* address, const void* mask,
                                      size_t size) {
  const auto* bits = static_cast<const uint8_t*>(mask);
  int length = 0;
  for (size_t i = 0; i < size; ++i) length += absl::popcount(bits[i]);
  if (length == 0) return std::nullopt;
  return IpNetwork::FromBytes(
      absl::MakeConstSpan(static_cast<const uint8_t*>(address), size), length);
}

void EncodeHead(const TableRule& rule, ipt_entry& entry) {
  if (rule.tcp) entry.ip.proto = IPPROTO_TCP;
  if (rule.source.has_value()) {
    EncodeSource(*rule.source, &entry.ip.src, &entry.ip.smsk);
  }
}

void EncodeHead(const TableRule& rule, ip6t_entry& entry) {
  if (rule.tcp) {
    entry.ipv6.proto = IPPROTO_TCP;
    entry.ipv6.flags |= IP6T_F_PROTO;  // Else the kernel ignores `proto`.
  }
  if (rule.source.has_value()) {
    EncodeSource(*rule.source, &entry.ipv6.src, &entry.ipv6.smsk);
  }
}

void DecodeHead(const ipt_entry& entry, TableRule& rule) {
  rule.tcp = entry.ip.proto == IPPROTO_TCP;
  rule.source =
      DecodeSource(&entry.ip.src, &entry.ip.smsk, sizeof(entry.ip.src));
}

void DecodeHead(const ip6t_entry& entry, TableRule& rule) {
  rule.tcp = entry.ipv6.proto == IPPROTO_TCP;
  rule.source =
      DecodeSource(&entry.ipv6.src, &entry.ipv6.smsk, sizeof(entry.ipv6.src));
}

void DecodePorts(const xt_multiport_v1& info, TableRule& rule) {
  const size_t count = std::min<size_t>(info.count, kMaxPortSlots);
  for (size_t i = 0; i < count; ++i) {
    PortRange range = {info.ports[i], info.ports[i]};
    if (info.pflags[i] != 0 && i + 1 < count) range.last = info.ports[++i];
    rule.ports.push_back(range);
  }
}

void DecodeMatch(absl::string_view name, absl::string_view info,
                 TableRule& rule) {
  if (name == kMultiport) {
    DecodePorts(Load<xt_multiport_v1>(info), rule);
  } else if (name == kSet) {
    rule.source_set = Load<xt_set_info_match_v4>(info).match_set.index;
  }
}

void DecodeTarget(Family family, absl::string_view name, absl::string_view info,
                  TableRule& rule) {
  if (name == "DROP") {
    rule.rejection = Rejection::kDrop;
  } else if (name == "REJECT") {
    const int reset = RejectCode(family, Rejection::kTcpReset);
    rule.rejection = Load<int>(info) == reset ? Rejection::kTcpReset
                                              : Rejection::kIcmpPortUnreachable;
  } else if (name != "RETURN") {
    rule.jump = std::string(name);
  }
}

template <typename Entry>
std::string Encode(Family family, const TableRule& rule) {
  std::string bytes(sizeof(Entry), '\0');
  Entry entry;
  std::memset(static_cast<void*>(&entry), 0, sizeof(entry));
  EncodeHead(rule, entry);
  if (!rule.ports.empty()) AppendPorts(rule.ports, bytes);
  if (rule.source_set.has_value()) AppendSet(*rule.source_set, bytes);
  entry.target_offset = bytes.size();
  AppendTarget(family, rule, bytes);
  entry.next_offset = bytes.size();
  Store(entry, 0, bytes);
  return bytes;
}

// Returns `bytes` as Encode() would write them: without counters, and with the
// target by name where libiptc has an offset.
template <typename Entry>
std::string Canonical(std::string bytes, absl::string_view target) {
  Entry entry = Load<Entry>(bytes);
  entry.nfcache = 0;
  entry.comefrom = 0;
  entry.counters = {};
  Store(entry, 0, bytes);
  for (size_t at = sizeof(Entry); at < bytes.size();) {
    auto header = Load<ExtensionHeader>(bytes, at);
    const bool is_verdict =
        at == entry.target_offset && header.u.user.name[0] == '\0';
    SetName(is_verdict ? std::string(target) : NameOf(header), header);
    Store(header, at, bytes);
    if (is_verdict) Store(int{0}, at + sizeof(header), bytes);
    at += std::max<size_t>(header.u.user.match_size, sizeof(header));
  }
  return bytes;
}

template <typename Entry>
TableRule Decode(Family family, absl::string_view bytes,
                 absl::string_view target) {
  const Entry entry = Load<Entry>(bytes);
  TableRule rule;
  DecodeHead(entry, rule);
  for (size_t at = sizeof(Entry); at < entry.target_offset;) {
    const auto header = Load<ExtensionHeader>(bytes, at);
    DecodeMatch(NameOf(header), bytes.substr(at + sizeof(header)), rule);
    at += std::max<size_t>(header.u.user.match_size, sizeof(header));
  }
  DecodeTarget(family, target,
               bytes.substr(entry.target_offset + sizeof(ExtensionHeader)),
               rule);
  std::string canonical = Canonical<Entry>(std::string(bytes), target);
  if (Encode<Entry>(family, rule) == canonical) return rule;
  return {.jump = std::move(rule.jump), .opaque = std::move(canonical)};
}

}  // namespace

std::string EncodeRule(Family family, const TableRule& rule) {
  if (!rule.opaque.empty()) return rule.opaque;
  return family == Family::kIpv4 ? Encode<ipt_entry>(family, rule)
                                 : Encode<ip6t_entry>(family, rule);
}

TableRule DecodeRule(Family family, absl::string_view entry,
                     absl::string_view target) {
  return family == Family::kIpv4 ? Decode<ipt_entry>(family, entry, target)
                                 : Decode<ip6t_entry>(family, entry, target);
}

}  // namespace mxban
