#include "filter/option_list.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

constexpr absl::string_view kBlanks = " \t\r\n\v\f";

// Reads items from the front of a text.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text), rest_(text) {
    SkipBlanks();
  }

  bool AtEnd() const { return rest_.empty(); }

  // Reads an item and the blanks behind it.
  absl::StatusOr<OptionItem> ReadItem() {
    OptionItem item;
    const size_t end = rest_.find_first_of(absl::StrCat(kBlanks, "["));
    item.name = std::string(rest_.substr(0, end));
    if (item.name.empty()) return Expected("a name");
    rest_.remove_prefix(item.name.size());
    SkipBlanks();
    while (absl::ConsumePrefix(&rest_, "[")) {
      const absl::Status read = ReadGroup(item);
      if (!read.ok()) return read;
      SkipBlanks();
    }
    return item;
  }

  absl::Status Expected(absl::string_view what) const {
    const size_t at = text_.size() - rest_.size();
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", what, " at '",
        absl::Utf8SafeCHexEscape(rest_.substr(0, 40)), "' (character ", at + 1,
        " of '", absl::Utf8SafeCHexEscape(text_.substr(0, 80)), "')"));
  }

 private:
  void SkipBlanks() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  // Reads `key=value, ...]`.
  absl::Status ReadGroup(OptionItem& item) {
    SkipBlanks();
    if (absl::ConsumePrefix(&rest_, "]")) return absl::OkStatus();
    while (true) {
      SkipBlanks();
      std::string key = ReadKey();
      SkipBlanks();
      if (key.empty() || !absl::ConsumePrefix(&rest_, "=")) {
        return Expected("key=value");
      }
      SkipBlanks();
      absl::StatusOr<std::string> value = ReadValue();
      if (!value.ok()) return value.status();
      item.options[std::move(key)] = *std::move(value);
      SkipBlanks();
      if (absl::ConsumePrefix(&rest_, "]")) return absl::OkStatus();
      if (!absl::ConsumePrefix(&rest_, ",")) return Expected("',' or ']'");
    }
  }

  std::string ReadKey() {
    size_t end = 0;
    while (end < rest_.size() &&
           (absl::ascii_isalnum(rest_[end]) || rest_[end] == '_' ||
            rest_[end] == '.' || rest_[end] == '-')) {
      ++end;
    }
    std::string key = absl::AsciiStrToLower(rest_.substr(0, end));
    rest_.remove_prefix(end);
    for (const absl::string_view family : {"?family=inet6", "?family=inet4"}) {
      if (absl::ConsumePrefix(&rest_, family)) absl::StrAppend(&key, family);
    }
    return key;
  }

  absl::StatusOr<std::string> ReadValue() {
    for (const absl::string_view quote : {"\"", "'"}) {
      if (!absl::StartsWith(rest_, quote)) continue;
      const size_t end = rest_.find(quote, 1);
      if (end == absl::string_view::npos) return Expected("a closing quote");
      std::string value(absl::StripAsciiWhitespace(rest_.substr(1, end - 1)));
      rest_.remove_prefix(end + 1);
      return value;
    }
    const size_t end = rest_.find_first_of(",]");
    if (end == absl::string_view::npos) return Expected("']' at the end");
    std::string value(absl::StripAsciiWhitespace(rest_.substr(0, end)));
    rest_.remove_prefix(end);
    return value;
  }

  const absl::string_view text_;
  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<OptionItem> ParseOptionItem(absl::string_view text) {
  Reader reader(text);
  absl::StatusOr<OptionItem> item = reader.ReadItem();
  if (item.ok() && !reader.AtEnd()) return reader.Expected("nothing more");
  return item;
}

absl::StatusOr<std::vector<OptionItem>> ParseOptionList(
    absl::string_view text) {
  std::vector<OptionItem> items;
  for (Reader reader(text); !reader.AtEnd();) {
    absl::StatusOr<OptionItem> item = reader.ReadItem();
    if (!item.ok()) return item.status();
    items.push_back(*std::move(item));
  }
  return items;
}

}  // namespace mxban
