#ifndef MXBAN_FILTER_OPTION_LIST_H_
#define MXBAN_FILTER_OPTION_LIST_H_

// `NAME[key=value, key="value"]`: how a jail names its filter and its actions.
//
// A value is quoted by `"` or `'`, or it is bare text up to `,` or `]`. Several
// groups in a row are one: `a[x=1][y=2]` is `a[x=1, y=2]`. The last of equal
// keys wins.

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

struct OptionItem {
  std::string name;
  std::map<std::string, std::string, std::less<>> options;
};

// Reads one item; blanks around it are skipped. INVALID_ARGUMENT says where the
// syntax goes wrong.
absl::StatusOr<OptionItem> ParseOptionItem(absl::string_view text);

// Reads items separated by blanks or newlines outside brackets; an empty text
// has none.
absl::StatusOr<std::vector<OptionItem>> ParseOptionList(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_FILTER_OPTION_LIST_H_
