#ifndef MXBAN_FILTER_PREFILTER_H_
#define MXBAN_FILTER_PREFILTER_H_

// Tells in one pass over a text which of many expressions can match it at all,
// by the literals that each requires. Most texts of a log have none of them.
//
// Thread-compatible; movable.

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/literal_scanner.h"
#include "filter/required_literal.h"

namespace mxban {

class Prefilter {
 public:
  // One of the literals of each of `expressions` must be in whatever it
  // matches; none means that nothing is known of it.
  explicit Prefilter(const std::vector<std::vector<Literal>>& expressions);

  // The expressions that can match `text`, in their order. Valid until the next
  // call.
  const std::vector<size_t>& Candidates(absl::string_view text);

 private:
  std::unique_ptr<LiteralScanner> scanner_;  // Null: not to be had.
  std::vector<size_t> expression_of_;        // Of each literal of it.
  std::vector<char> is_certain_;  // Of each expression: can match any text.
  std::vector<char> is_found_;
  std::vector<size_t> candidates_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_PREFILTER_H_
