#include "filter/tag_substitution.h"

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

constexpr int kMaxReplacements = 25;
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

}  // namespace

absl::StatusOr<std::string> SubstituteTags(absl::string_view text,
                                           TagLookup lookup) {
  std::string result(text);
  absl::flat_hash_map<std::string, int> replacements;
  size_t close = 0;
  while ((close = result.find('>', close)) != std::string::npos) {
    const std::string tag(TagEndingAt(result, close));
    const std::optional<std::string> value =
        tag.empty() ? std::nullopt : lookup(tag);
    if (!value) {
      ++close;
      continue;
    }
    if (++replacements[tag] > kMaxReplacements ||
        result.size() + value->size() > kMaxLength) {
      return absl::InvalidArgumentError(
          absl::StrCat("<", tag, "> contains itself, or is used more than ",
                       kMaxReplacements, " times"));
    }
    const size_t open = close - tag.size() - 1;
    result.replace(open, tag.size() + 2, *value);
    close = open;  // The value may hold tags, or complete an outer one.
  }
  return result;
}

}  // namespace mxban
