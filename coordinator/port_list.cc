#include "coordinator/port_list.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

struct Service {
  absl::string_view name;
  uint16_t port;
};

// For hosts without /etc/services, which containers are.
constexpr Service kServices[] = {
    {"smtp", 25},        {"smtps", 465}, {"ssmtp", 465},   {"submissions", 465},
    {"submission", 587}, {"imap", 143},  {"imap2", 143},   {"imaps", 993},
    {"pop3", 110},       {"pop3s", 995}, {"sieve", 4190},  {"ssh", 22},
    {"http", 80},        {"https", 443}, {"ftp-data", 20}, {"ftp", 21},
    {"ftps-data", 989},  {"ftps", 990},  {"domain", 53},   {"socks", 1080},
    {"ldap", 389},       {"ldaps", 636},
};

std::optional<uint16_t> PortOf(absl::string_view text) {
  uint32_t number;
  if (absl::SimpleAtoi(text, &number)) {
    if (number > 65535) return std::nullopt;
    return static_cast<uint16_t>(number);
  }
  const std::string name(text);
  servent entry;
  servent* found = nullptr;
  char buffer[2048];
  if (getservbyname_r(name.c_str(), "tcp", &entry, buffer, sizeof(buffer),
                      &found) == 0 &&
      found != nullptr) {
    return ntohs(static_cast<uint16_t>(found->s_port));
  }
  for (const Service& service : kServices) {
    if (service.name == text) return service.port;
  }
  return std::nullopt;
}

std::optional<PortRange> RangeOf(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  const bool is_range = absl::StrContains(text, ':');
  const std::optional<uint16_t> first = PortOf(ends.first);
  const std::optional<uint16_t> last = is_range ? PortOf(ends.second) : first;
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{.first = *first, .last = *last};
}

}  // namespace

absl::StatusOr<std::vector<PortRange>> ParsePortList(absl::string_view text) {
  std::vector<PortRange> ranges;
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    word = absl::StripAsciiWhitespace(word);
    const std::optional<PortRange> range = RangeOf(word);
    if (!range) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", absl::Utf8SafeCHexEscape(word),
                       "' is no port, service or range first:last"));
    }
    ranges.push_back(*range);
  }
  RETURN_IF_ERROR(CheckPortSlots(ranges));
  return ranges;
}

absl::Status CheckPortSlots(const std::vector<PortRange>& ports) {
  size_t slots = 0;
  for (const PortRange& range : ports) {
    slots += range.first == range.last ? 1 : 2;
  }
  if (slots <= kMaxPortSlots) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the ports take ", slots, " slots; a firewall rule holds ",
                   kMaxPortSlots, ", a range counting two"));
}

}  // namespace mxban
