#ifndef MXBAN_FILTER_PREFILTER_H_
#define MXBAN_FILTER_PREFILTER_H_

// Tells in one pass over a line which of many expressions can match it at all,
// by the literals that each requires. Most lines of a log have none of them.
//
// Thread-compatible; movable.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/required_literal.h"

namespace mxban {

class Prefilter {
 public:
  // One of `literals` must be in whatever the next expression matches; none
  // means that nothing is known of it.
  void Add(const std::vector<Literal>& literals);

  // The expressions that can match `text`, in the order of Add(). Valid until
  // the next call.
  const std::vector<size_t>& Candidates(absl::string_view text);

 private:
  // A literal, looked for by its rarest two neighbouring characters.
  struct Needle {
    Literal literal;  // In lower case, if in any.
    size_t pair_at = 0;
    size_t expression = 0;
  };

  static bool IsAt(const Needle& needle, absl::string_view text,
                   size_t position);
  void Mark(absl::string_view text, size_t pair_at, uint8_t bits);

  std::vector<Needle> needles_;
  // For each character, the needles (their numbers modulo 8, as bits) of whose
  // pair it may be the first, or the second.
  std::array<uint8_t, 256> firsts_{};
  std::array<uint8_t, 256> seconds_{};
  std::vector<char> is_certain_;  // Of each expression: can match any text.
  std::vector<char> is_found_;
  std::vector<size_t> candidates_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_PREFILTER_H_
