#include "filter/tag_substitution.h"

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mxban {
namespace {

constexpr int kMaxRounds = 25;
constexpr size_t kMaxLength = 1 << 20;

// The tag that ends at `close`, a `>` in `text`; empty if none does.
absl::string_view TagEndingAt(absl::string_view text, size_t close) {
  for (size_t at = close; at > 0; --at) {
    const char c = text[at - 1];
    if (c == '<') return text.substr(at, close - at);
    if (c == '>' || absl::ascii_isspace(c)) return "";
  }
  return "";
}

// Replaces `tag` wherever it stands in `text`; false if that made it too long.
bool ReplaceAll(const std::string& tag, const std::string& value,
                std::string& text) {
  size_t count = 0;
  for (size_t at = text.find(tag); at != std::string::npos;
       at = text.find(tag, at + tag.size())) {
    ++count;
  }
  if (text.size() + count * value.size() > kMaxLength) return false;
  text = absl::StrReplaceAll(text, {{tag, value}});
  return true;
}

}  // namespace

absl::StatusOr<std::string> SubstituteTags(absl::string_view text,
                                           TagLookup lookup) {
  std::string result(text);
  absl::flat_hash_map<std::string, int> rounds;
  size_t close = 0;
  while ((close = result.find('>', close)) != std::string::npos) {
    const std::string tag(TagEndingAt(result, close));
    const std::optional<std::string> value =
        tag.empty() ? std::nullopt : lookup(tag);
    if (!value) {
      ++close;
      continue;
    }
    if (++rounds[tag] > kMaxRounds ||
        !ReplaceAll(absl::StrCat("<", tag, ">"), *value, result)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "<", tag, "> contains itself, or makes the value too long"));
    }
    close = 0;  // The value may hold tags, or complete an outer one.
  }
  return result;
}

}  // namespace mxban
