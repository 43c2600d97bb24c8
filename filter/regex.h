#ifndef MXBAN_FILTER_REGEX_H_
#define MXBAN_FILTER_REGEX_H_

// A regular expression in Python's syntax, compiled for speed by PCRE2. The
// only place that names PCRE2.
//
// As in Python, a subject is text: `\w` and its kin know all letters. One that
// is no UTF-8 is searched as the bytes it is, of which only ASCII letters are
// letters. `.` does not match a newline, `$` also matches before a final one.
// Where Python and PCRE2 differ, Python's meaning is translated: `{,n}`, the
// flag `u`, `\Z`, `[` in a class. What only Python has (`\uXXXX`, names beyond
// 32 characters) does not compile.
//
// A search is bounded in backtracking steps, depth and memory, so that no
// expression and no line can stall the caller.
//
// Thread-compatible: a search writes its captures into the expression. Movable.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/required_literal.h"

namespace mxban {

class Regex {
 public:
  // How many backtracking steps a search may take: some ten milliseconds.
  static constexpr uint32_t kMatchLimit = 500'000;

  enum class Verdict { kNoMatch, kMatch, kLimitHit };

  // A part of the subject; empty and unset are different.
  struct Span {
    static constexpr size_t kUnset = static_cast<size_t>(-1);
    size_t begin = kUnset;
    size_t end = kUnset;
    bool is_set() const { return begin != kUnset; }
  };

  // Where `^` and `$` match: Python's flag MULTILINE.
  enum class Anchors { kText, kLines };

  // INVALID_ARGUMENT says what is wrong with `pattern`, and where in it.
  static absl::StatusOr<Regex> Compile(absl::string_view pattern,
                                       Anchors anchors = Anchors::kText);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // The number of the group called `name`, -1 if there is none.
  int GroupNumber(absl::string_view name) const;

  // The names of all named groups.
  std::vector<std::string> GroupNames() const;

  // Every match contains one of these, if there are any. Found out anew at each
  // call: most expressions are never asked.
  std::vector<Literal> literals() const;

  // Looks for the first match anywhere in `subject`. Never allocates, unless
  // JIT is not to be had on this machine.
  Verdict Search(absl::string_view subject);

  // Of the last search, which must have been a match. Group 0 is all of it; a
  // negative number is never set.
  Span Group(int number) const;

 private:
  struct Compiled;

  explicit Regex(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

// `pattern` as PCRE2 has to be told it.
std::string TranslateFromPython(absl::string_view pattern);

}  // namespace mxban

#endif  // MXBAN_FILTER_REGEX_H_
