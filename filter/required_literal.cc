#include "filter/required_literal.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace mxban {
namespace {

// More than so many are not worth looking for.
constexpr size_t kMaxLiterals = 8;

using Literals = std::vector<Literal>;

// The length of the shortest, for the shortest is found most often; a set of
// many is worth less.
int ValueOf(const Literals& literals) {
  if (literals.empty()) return 0;
  size_t shortest = literals[0].text.size();
  for (const Literal& literal : literals) {
    shortest = std::min(shortest, literal.text.size());
  }
  return static_cast<int>(4 * shortest) - static_cast<int>(literals.size());
}

// Walks through a pattern from left to right. Whatever it does not know ends
// the run; whatever changes the meaning of plain characters ends it all.
class Walker {
 public:
  Walker(absl::string_view pattern, bool any_case)
      : rest_(pattern), any_case_(any_case) {}

  Literals Walk() {
    while (!rest_.empty() && !is_hopeless_) Step();
    EndAlternative();
    return is_hopeless_ || all_.size() > kMaxLiterals ? Literals()
                                                      : std::move(all_);
  }

 private:
  void Step() {
    const char c = rest_.front();
    if (c == '\\') {
      Escape();
    } else if (c == '[') {
      EndRun();
      rest_.remove_prefix(ClassLength(rest_));
      SkipQuantifier();
    } else if (c == '(') {
      Group();
    } else if (c == '|') {
      EndAlternative();
      rest_.remove_prefix(1);
    } else if (absl::StrContains(".^$", c)) {
      EndRun();
      rest_.remove_prefix(1);
      SkipQuantifier();
    } else {
      Character(c, 1);
    }
  }

  void Escape() {
    if (rest_.size() < 2 || absl::StartsWith(rest_, "\\Q")) {
      is_hopeless_ = true;
    } else if (absl::ascii_isalnum(rest_[1])) {
      EndRun();
      // `\x41`, `\g{1}` and the like would leave characters behind.
      if (absl::StrContains("xgkopPNuUc0123456789", rest_[1])) {
        is_hopeless_ = true;
      }
      rest_.remove_prefix(2);
      SkipQuantifier();
    } else {
      Character(rest_[1], 2);
    }
  }

  // A plain character that takes `length` bytes of the pattern.
  void Character(char c, size_t length) {
    rest_.remove_prefix(length);
    const bool is_quantified =
        !rest_.empty() &&
        (absl::StrContains("?*+", rest_.front()) || RangeLength() > 0);
    const bool is_required = !is_quantified || SkipQuantifier();
    // Beyond ASCII, `k` and `s` have a third case.
    const bool has_case =
        any_case_ && (absl::StrContains("kKsS", c) || !absl::ascii_isascii(c));
    if (is_required && !has_case) {
      run_ += c;
    } else {
      DropBrokenCharacter();
    }
    if (is_quantified || has_case) EndRun();
  }

  // Takes away the first bytes of a character whose last one is not certain.
  void DropBrokenCharacter() {
    while (!run_.empty() && !absl::ascii_isascii(run_.back())) run_.pop_back();
  }

  void Group() {
    EndRun();
    const size_t length = GroupLength();
    if (length == 0) {
      is_hopeless_ = true;
      return;
    }
    absl::string_view body = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
    const bool is_required = SkipQuantifier();
    if (absl::StartsWith(body, "*")) {
      is_hopeless_ = true;  // A verb.
      return;
    }
    bool any_case = any_case_;
    if (absl::StartsWith(body, "?")) {
      const size_t begin = BodyBegin(body, any_case);
      if (begin == 0) return;
      body.remove_prefix(begin);
    }
    if (is_required) Offer(Walker(body, any_case).Walk());
  }

  // Where the pattern of a group begins whose body starts with `?`; 0 if there
  // is none that a match must contain.
  size_t BodyBegin(absl::string_view body, bool& any_case) {
    if (absl::StartsWith(body, "?:")) return 2;
    if (absl::StartsWith(body, "?i:")) {
      any_case = true;
      return 3;
    }
    if (absl::StartsWith(body, "?P<")) return body.find('>') + 1;
    const bool is_known =
        absl::StartsWith(body, "?=") || absl::StartsWith(body, "?!") ||
        absl::StartsWith(body, "?<") || absl::StartsWith(body, "?P=") ||
        absl::StartsWith(body, "?(");
    if (!is_known) is_hopeless_ = true;  // Flags, most likely; or a comment.
    return 0;
  }

  // Of the `{2}`, `{2,}` or `{2,3}` that comes next; 0 for a mere brace.
  size_t RangeLength() const {
    if (!absl::StartsWith(rest_, "{")) return 0;
    size_t at = rest_.find_first_not_of("0123456789", 1);
    if (at == absl::string_view::npos || at == 1) return 0;
    if (rest_[at] == ',') at = rest_.find_first_not_of("0123456789", at + 1);
    return at == absl::string_view::npos || rest_[at] != '}' ? 0 : at + 1;
  }

  // Skips what says how often; whether that is at least once.
  bool SkipQuantifier() {
    if (rest_.empty()) return true;
    const char c = rest_.front();
    bool is_required = true;
    if (c == '?' || c == '*' || c == '+') {
      is_required = c == '+';
      rest_.remove_prefix(1);
    } else if (const size_t length = RangeLength(); length > 0) {
      is_required = rest_[1] != '0';
      rest_.remove_prefix(length);
    } else {
      return true;
    }
    // Lazy or possessive.
    if (!rest_.empty() && (rest_.front() == '?' || rest_.front() == '+')) {
      rest_.remove_prefix(1);
    }
    return is_required;
  }

  static size_t ClassLength(absl::string_view text) {
    size_t at = absl::StartsWith(text, "[^") ? 2 : 1;
    if (at < text.size() && text[at] == ']') ++at;
    while (at < text.size() && text[at] != ']') at += text[at] == '\\' ? 2 : 1;
    return std::min(at + 1, text.size());
  }

  // Of the group that `rest_` starts with; 0 if it does not end.
  size_t GroupLength() const {
    int depth = 0;
    for (size_t at = 0; at < rest_.size();) {
      const char c = rest_[at];
      if (c == '[') {
        at += ClassLength(rest_.substr(at));
        continue;
      }
      at += c == '\\' ? 2 : 1;
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0) return std::min(at, rest_.size());
    }
    return 0;
  }

  void EndRun() {
    if (!run_.empty()) Offer({{.text = run_, .any_case = any_case_}});
    run_.clear();
  }

  void EndAlternative() {
    EndRun();
    if (best_.empty()) is_hopeless_ = true;
    for (Literal& literal : best_) all_.push_back(std::move(literal));
    best_.clear();
  }

  // Takes `literals` if they are better than what this alternative has.
  void Offer(Literals literals) {
    if (ValueOf(literals) > ValueOf(best_)) best_ = std::move(literals);
  }

  absl::string_view rest_;
  const bool any_case_;
  std::string run_;
  Literals best_;  // Of this alternative.
  Literals all_;   // Of the alternatives before.
  bool is_hopeless_ = false;
};

}  // namespace

std::vector<Literal> RequiredLiterals(absl::string_view pattern) {
  return Walker(pattern, /*any_case=*/false).Walk();
}

bool AreRare(const std::vector<Literal>& literals) {
  return !literals.empty() &&
         absl::c_all_of(literals, [](const Literal& literal) {
           return literal.text.size() > 1;
         });
}

}  // namespace mxban
