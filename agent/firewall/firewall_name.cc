#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/firewall.h"
#include "common/stable_hash.h"

namespace mxban {
namespace {

constexpr size_t kHashDigits = 10;

bool IsPlain(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

bool IsFirewallName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxFirewallName &&
         std::all_of(name.begin(), name.end(), IsPlain);
}

std::string FirewallName(absl::string_view name) {
  if (IsFirewallName(name)) return std::string(name);
  std::string start(name.substr(0, kMaxFirewallName - kHashDigits - 1));
  for (char& c : start) {
    if (!IsPlain(c)) c = '_';
  }
  const uint64_t hash = StableHash(name) & 0xffffffffff;
  return absl::StrCat(start, ".", absl::Hex(hash, absl::kZeroPad10));
}

}  // namespace mxban
