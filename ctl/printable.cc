#include "ctl/printable.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mxban::ctl {
namespace {

constexpr absl::string_view kDots = "...";

// One character of a UTF-8 text.
struct Character {
  absl::string_view bytes;
  size_t columns = 0;  // 0: not to be shown as it is.
};

// Makes this thread read UTF-8, whatever the locale of the process.
class Utf8Scope {
 public:
  Utf8Scope() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    // Without the locale every byte beyond ASCII is escaped, which is safe.
    if (utf8 != nullptr) previous_ = uselocale(utf8);
  }
  ~Utf8Scope() {
    if (previous_ != nullptr) uselocale(previous_);
  }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  locale_t previous_ = nullptr;
};

// REQUIRES: `text` is not empty.
Character FirstCharacter(absl::string_view text) {
  mbstate_t state = {};
  wchar_t code = 0;
  const size_t length = mbrtowc(&code, text.data(), text.size(), &state);
  // 0 is NUL; the two largest values are a malformed and a cut-off character.
  if (length == 0 || length > text.size()) return {text.substr(0, 1), 0};
  return {text.substr(0, length),
          static_cast<size_t>(std::max(wcwidth(code), 0))};
}

std::vector<Character> Characters(absl::string_view text) {
  const Utf8Scope scope;
  std::vector<Character> characters;
  for (size_t i = 0; i < text.size(); i += characters.back().bytes.size()) {
    characters.push_back(FirstCharacter(text.substr(i)));
  }
  return characters;
}

void AppendEscaped(absl::string_view bytes, std::string& text) {
  for (const char byte : bytes) {
    switch (byte) {
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      default:
        absl::StrAppendFormat(&text, "\\x%02x",
                              static_cast<unsigned char>(byte));
    }
  }
}

// The longest beginning of `characters`, going by `begin` to `end`, that fits.
template <typename Iterator>
size_t BytesThatFit(Iterator begin, Iterator end, size_t width) {
  size_t bytes = 0;
  for (; begin != end && begin->columns <= width; ++begin) {
    width -= begin->columns;
    bytes += begin->bytes.size();
  }
  return bytes;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  for (const Character& character : Characters(text)) {
    if (character.columns == 0) {
      AppendEscaped(character.bytes, printable);
    } else {
      absl::StrAppend(&printable, character.bytes);
    }
  }
  return printable;
}

size_t DisplayWidth(absl::string_view printable) {
  size_t width = 0;
  for (const Character& character : Characters(printable)) {
    width += character.columns;
  }
  return width;
}

std::string ShortenEnd(absl::string_view printable, size_t width) {
  if (DisplayWidth(printable) <= width) return std::string(printable);
  const absl::string_view dots = kDots.substr(0, width);
  const std::vector<Character> all = Characters(printable);
  const size_t head = BytesThatFit(all.begin(), all.end(), width - dots.size());
  return absl::StrCat(printable.substr(0, head), dots);
}

std::string ShortenMiddle(absl::string_view printable, size_t width) {
  if (DisplayWidth(printable) <= width) return std::string(printable);
  const absl::string_view dots = kDots.substr(0, width);
  const size_t kept = width - dots.size();
  const std::vector<Character> all = Characters(printable);
  const size_t head = BytesThatFit(all.begin(), all.end(), kept - kept / 2);
  const size_t tail = BytesThatFit(all.rbegin(), all.rend(), kept / 2);
  return absl::StrCat(printable.substr(0, head), dots,
                      printable.substr(printable.size() - tail));
}

}  // namespace mxban::ctl
