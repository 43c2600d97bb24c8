#ifndef MXBAN_FILTER_REGEX_OUTLINE_H_
#define MXBAN_FILTER_REGEX_OUTLINE_H_

// An expression with Fail2Ban's tags, taken apart as far as it takes to say
// what stands before and behind its `<HOST>`. It is not checked: of nonsense
// the outline is nonsense, too.
//
// Value type; views point into the expression, which must outlive it.

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace mxban {

struct RegexToken {
  enum class Kind {
    kAtom,  // A character, an escape, a class, a tag of another kind.
    kDot,
    kOpen,  // Of a group; `<F-USER>` opens one as well.
    kClose,
    kBar,
    kBegin,     // `^`
    kEnd,       // `$`
    kWordEdge,  // `\b`
    kAddress,   // `<HOST>` and its kin that take addresses.
  };

  Kind kind = Kind::kAtom;
  absl::string_view text;  // With its quantifier.
  // What the quantifier says; of a group, the one behind it, at both its ends.
  bool is_optional = false;
  bool is_unbounded = false;
  bool is_lazy = false;
  bool is_lookaround = false;  // Of kOpen.
  int depth = 0;               // Of groups around it; at both ends the outer.
};

using RegexOutline = std::vector<RegexToken>;

RegexOutline OutlineOf(absl::string_view expression);

// The tokens that a match which takes the address at `address` may pass before
// it, or behind it, from left to right: none of other alternatives, none of
// lookarounds.
RegexOutline TokensBefore(const RegexOutline& outline, size_t address);
RegexOutline TokensBehind(const RegexOutline& outline, size_t address);

}  // namespace mxban

#endif  // MXBAN_FILTER_REGEX_OUTLINE_H_
