#include "filter/regex_outline.h"

#include <algorithm>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

using Kind = RegexToken::Kind;

constexpr absl::string_view kAddressTags[] = {
    "<HOST>",    "<ADDR>",   "<SUBNET>", "<IP4>",       "<IP6>",
    "<F-ADDR/>", "<F-IP4/>", "<F-IP6/>", "<F-SUBNET/>",
};

// The length of the group's head at the start of `text`: `(`, `(?:`,
// `(?P<name>`, `(?(name)`, `(?i:`; of `(?i)` and comments, everything.
size_t OpenLength(absl::string_view text) {
  if (!absl::StartsWith(text, "(?")) return 1;
  for (const absl::string_view head : {"(?:", "(?=", "(?!", "(?<=", "(?<!"}) {
    if (absl::StartsWith(text, head)) return head.size();
  }
  const bool is_named =
      absl::StartsWith(text, "(?P<") || absl::StartsWith(text, "(?<");
  const bool is_flags = !is_named && !absl::StartsWith(text, "(?(") &&
                        !absl::StartsWith(text, "(?P=") &&
                        !absl::StartsWith(text, "(?#");
  const size_t end = text.find_first_of(is_named ? ">" : is_flags ? ":)" : ")");
  return end == absl::string_view::npos ? text.size() : end + 1;
}

size_t ClassLength(absl::string_view text) {
  size_t at = 1;
  if (at < text.size() && text[at] == '^') ++at;
  for (bool is_first = true; at < text.size(); ++at, is_first = false) {
    if (text[at] == ']' && !is_first) return at + 1;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

size_t TagLength(absl::string_view text) {
  const size_t end = text.find_first_of(" >", 1);
  if (end == absl::string_view::npos || text[end] != '>') return 1;
  const absl::string_view tag = text.substr(0, end + 1);
  const bool is_tag = absl::c_linear_search(kAddressTags, tag) ||
                      absl::StartsWith(tag, "<F-") ||
                      absl::StartsWith(tag, "</F-") || tag == "<DNS>" ||
                      tag == "<CIDR>" || tag == "<SKIPLINES>";
  return is_tag ? tag.size() : 1;
}

// Reads one expression from left to right.
class Outliner {
 public:
  explicit Outliner(absl::string_view expression) : rest_(expression) {}

  RegexOutline Read() {
    while (!rest_.empty()) {
      const absl::string_view begin = rest_;
      RegexToken token = ReadToken();
      ReadQuantifier(token);
      token.text = begin.substr(0, begin.size() - rest_.size());
      Place(token);
    }
    return std::move(outline_);
  }

 private:
  RegexToken Take(Kind kind, size_t length) {
    rest_.remove_prefix(std::min(length, rest_.size()));
    return {.kind = kind};
  }

  RegexToken ReadToken() {
    switch (rest_[0]) {
      case '\\':
        return ReadEscape();
      case '[':
        return Take(Kind::kAtom, ClassLength(rest_));
      case '(':
        return ReadOpen();
      case ')':
        return Take(Kind::kClose, 1);
      case '|':
        return Take(Kind::kBar, 1);
      case '^':
        return Take(Kind::kBegin, 1);
      case '$':
        return Take(Kind::kEnd, 1);
      case '.':
        return Take(Kind::kDot, 1);
      case '<':
        return ReadTag();
      default:
        return Take(Kind::kAtom, 1);
    }
  }

  RegexToken ReadEscape() {
    const char which = rest_.size() > 1 ? rest_[1] : '\0';
    switch (which) {
      case 'A':
        return Take(Kind::kBegin, 2);
      case 'Z':
        return Take(Kind::kEnd, 2);
      case 'b':
        return Take(Kind::kWordEdge, 2);
      default:
        return Take(Kind::kAtom, 2);
    }
  }

  RegexToken ReadOpen() {
    const absl::string_view head = rest_.substr(0, OpenLength(rest_));
    // `(?i)`, `(?#...)` and `(?P=name)` are no groups.
    const bool is_whole =
        head.size() > 1 && head.back() == ')' && !absl::StartsWith(head, "(?(");
    RegexToken token = Take(is_whole ? Kind::kAtom : Kind::kOpen, head.size());
    token.is_lookaround =
        absl::EndsWith(head, "=") || absl::EndsWith(head, "!");
    // Flags and comments take nothing of the line.
    token.is_optional = is_whole && !absl::StartsWith(head, "(?P=");
    return token;
  }

  RegexToken ReadTag() {
    const absl::string_view tag = rest_.substr(0, TagLength(rest_));
    if (absl::c_linear_search(kAddressTags, tag)) {
      return Take(Kind::kAddress, tag.size());
    }
    if (absl::StartsWith(tag, "</")) return Take(Kind::kClose, tag.size());
    const bool opens =
        absl::StartsWith(tag, "<F-") && !absl::EndsWith(tag, "/>");
    return Take(opens ? Kind::kOpen : Kind::kAtom, tag.size());
  }

  // `*`, `+`, `?`, `{2,}`, with `?` or `+` behind it.
  void ReadQuantifier(RegexToken& token) {
    if (token.kind == Kind::kOpen || token.kind == Kind::kBar) return;
    if (rest_.empty()) return;
    if (absl::ConsumePrefix(&rest_, "*")) {
      token.is_optional = token.is_unbounded = true;
    } else if (absl::ConsumePrefix(&rest_, "+")) {
      token.is_unbounded = true;
    } else if (absl::ConsumePrefix(&rest_, "?")) {
      token.is_optional = true;
    } else if (!ReadBounds(token)) {
      return;
    }
    token.is_lazy = absl::ConsumePrefix(&rest_, "?");
    if (!token.is_lazy) absl::ConsumePrefix(&rest_, "+");
  }

  bool ReadBounds(RegexToken& token) {
    const size_t end = rest_.find('}');
    if (rest_[0] != '{' || end == absl::string_view::npos || end == 1) {
      return false;
    }
    const absl::string_view bounds = rest_.substr(1, end - 1);
    if (bounds.find_first_not_of("0123456789,") != absl::string_view::npos) {
      return false;
    }
    token.is_optional = bounds[0] == '0' || bounds[0] == ',';
    token.is_unbounded = bounds.back() == ',';
    rest_.remove_prefix(end + 1);
    return true;
  }

  // Adds `token` and connects the two ends of a group.
  void Place(RegexToken token) {
    token.depth = static_cast<int>(open_.size());
    if (token.kind == Kind::kOpen) open_.push_back(outline_.size());
    if (token.kind == Kind::kClose && !open_.empty()) {
      RegexToken& open = outline_[open_.back()];
      open_.pop_back();
      open.is_optional = token.is_optional;
      open.is_unbounded = token.is_unbounded;
      token.is_lookaround = open.is_lookaround;
      token.depth = open.depth;
    }
    outline_.push_back(token);
  }

  absl::string_view rest_;
  RegexOutline outline_;
  std::vector<size_t> open_;  // Groups not closed yet.
};

// `outline` without the insides of lookarounds, nor their ends.
RegexOutline WithoutLookarounds(const RegexOutline& outline) {
  RegexOutline kept;
  for (size_t i = 0; i < outline.size(); ++i) {
    if (outline[i].kind != Kind::kOpen || !outline[i].is_lookaround) {
      kept.push_back(outline[i]);
      continue;
    }
    const int depth = outline[i].depth;
    do {
      ++i;
    } while (i < outline.size() &&
             !(outline[i].kind == Kind::kClose && outline[i].depth == depth));
  }
  return kept;
}

// The tokens from `begin` to `end`, walking away from the address at `depth`,
// without what a `|` around the address cuts off. `inner` is the end of a group
// that the walk meets when it leaves one.
template <typename Iterator>
RegexOutline Walk(Iterator begin, Iterator end, Kind leaving, int depth) {
  RegexOutline tokens;
  bool is_skipping = false;
  for (Iterator token = begin; token != end; ++token) {
    if (token->kind == leaving && token->depth < depth) {
      depth = token->depth;
      is_skipping = false;
    } else if (token->kind == Kind::kBar && token->depth == depth) {
      is_skipping = true;
    }
    if (!is_skipping) tokens.push_back(*token);
  }
  return tokens;
}

}  // namespace

RegexOutline OutlineOf(absl::string_view expression) {
  return Outliner(expression).Read();
}

RegexOutline TokensBefore(const RegexOutline& outline, size_t address) {
  const auto begin = std::make_reverse_iterator(outline.begin() + address);
  RegexOutline tokens =
      Walk(begin, outline.rend(), Kind::kOpen, outline[address].depth);
  absl::c_reverse(tokens);
  return WithoutLookarounds(tokens);
}

RegexOutline TokensBehind(const RegexOutline& outline, size_t address) {
  return WithoutLookarounds(Walk(outline.begin() + address + 1, outline.end(),
                                 Kind::kClose, outline[address].depth));
}

}  // namespace mxban
