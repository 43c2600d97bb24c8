#ifndef MXBAN_FILTER_LITERAL_SCANNER_H_
#define MXBAN_FILTER_LITERAL_SCANNER_H_

// Finds many literals in one pass over a text. The only place that names
// Hyperscan.
//
// Thread-compatible: searches share their scratch space.

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "filter/required_literal.h"

namespace mxban {

class LiteralScanner {
 public:
  // Is told which literal was found, and where it ends. Several may be found at
  // one place, in any order.
  using Found = absl::FunctionRef<void(size_t literal, size_t end)>;

  // Null if there are no literals, if one is empty, or if this machine lacks
  // what Hyperscan needs.
  static std::unique_ptr<LiteralScanner> Create(
      const std::vector<Literal>& literals);

  ~LiteralScanner();

  // Looks for all of them in `text`, which is below 4 GiB. False if it could
  // not: then nothing can be said.
  bool Scan(absl::string_view text, Found found) const;

 private:
  struct Database;

  explicit LiteralScanner(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_LITERAL_SCANNER_H_
