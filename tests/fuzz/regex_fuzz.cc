// Whatever matches contains one of the literals that are said to be required.
// The first line of the input is an expression, the rest what it is tried on.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "filter/prefilter.h"
#include "filter/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mxban::Regex;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  if (end == absl::string_view::npos) return 0;
  absl::StatusOr<Regex> regex = Regex::Compile(input.substr(0, end));
  if (!regex.ok()) return 0;
  const absl::string_view subject = input.substr(end + 1);
  mxban::Prefilter prefilter({regex->literals()});
  if (regex->Search(subject) == Regex::Verdict::kMatch &&
      prefilter.Candidates(subject).empty()) {
    std::abort();
  }
  return 0;
}
