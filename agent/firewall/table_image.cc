#include "agent/firewall/table_image.h"

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace mxban {
namespace {

constexpr char kTable[] = "filter";

// Above what any table has.
constexpr uint32_t kMaxBytes = 64 << 20;

struct Ipv4Table {
  using Info = ipt_getinfo;
  using Entries = ipt_get_entries;
  using Entry = ipt_entry;
  static constexpr int kDomain = AF_INET;
  static constexpr int kLevel = IPPROTO_IP;
  static constexpr int kGetInfo = IPT_SO_GET_INFO;
  static constexpr int kGetEntries = IPT_SO_GET_ENTRIES;
};

struct Ipv6Table {
  using Info = ip6t_getinfo;
  using Entries = ip6t_get_entries;
  using Entry = ip6t_entry;
  static constexpr int kDomain = AF_INET6;
  static constexpr int kLevel = IPPROTO_IPV6;
  static constexpr int kGetInfo = IP6T_SO_GET_INFO;
  static constexpr int kGetEntries = IP6T_SO_GET_ENTRIES;
};

template <typename Table>
uint32_t ReadSize(int socket) {
  typename Table::Info info = {};
  std::memcpy(info.name, kTable, sizeof(kTable));
  socklen_t size = sizeof(info);
  const bool is_told =
      getsockopt(socket, Table::kLevel, Table::kGetInfo, &info, &size) == 0;
  return is_told && info.size <= kMaxBytes ? info.size : 0;
}

// The rules, if they take `size` bytes.
template <typename Table>
std::string ReadRules(int socket, uint32_t size) {
  constexpr size_t kHead = offsetof(typename Table::Entries, entrytable);
  typename Table::Entries head = {};
  std::memcpy(head.name, kTable, sizeof(kTable));
  head.size = size;
  std::string rules(sizeof(head) + size, '\0');
  std::memcpy(rules.data(), &head, sizeof(head));
  auto bytes = static_cast<socklen_t>(rules.size());
  if (getsockopt(socket, Table::kLevel, Table::kGetEntries, rules.data(),
                 &bytes) != 0) {
    return "";
  }
  rules.erase(0, kHead);
  return rules;
}

template <typename Table>
void ForgetCounters(std::string& rules) {
  typename Table::Entry entry;
  for (size_t at = 0; at + sizeof(entry) <= rules.size();
       at += entry.next_offset) {
    std::memcpy(&entry, &rules[at], sizeof(entry));
    if (entry.next_offset < sizeof(entry)) return;
    entry.counters = {};
    std::memcpy(&rules[at], &entry, sizeof(entry));
  }
}

template <typename Table>
std::string TakeImage(Descriptor& socket, uint32_t& size) {
  if (socket.get() < 0) {
    socket = Descriptor(
        ::socket(Table::kDomain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  }
  std::string rules;
  if (size != 0) rules = ReadRules<Table>(socket.get(), size);
  if (rules.empty()) {
    // Never read, or of another size by now.
    size = ReadSize<Table>(socket.get());
    if (size != 0) rules = ReadRules<Table>(socket.get(), size);
  }
  ForgetCounters<Table>(rules);
  return rules;
}

}  // namespace

std::string TableImage::Take() {
  return family_ == Family::kIpv4 ? TakeImage<Ipv4Table>(socket_, size_)
                                  : TakeImage<Ipv6Table>(socket_, size_);
}

}  // namespace mxban
