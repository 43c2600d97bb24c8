#ifndef MXBAN_FILTER_DATE_TEMPLATE_H_
#define MXBAN_FILTER_DATE_TEMPLATE_H_

// One date pattern, ready to be looked for in lines.
//
// Search() never allocates. A line on which the expression gives up has no
// stamp. Thread-compatible; movable.

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/date_codes.h"
#include "filter/regex.h"
#include "filter/stamp_fields.h"

namespace mxban {

class DateTemplate {
 public:
  struct Match {
    size_t begin = 0;  // Of the stamp.
    size_t end = 0;    // Equal to `begin` if the pattern captures nothing.
    StampFields fields;
  };

  // `pattern` is as in date_expression.h. INVALID_ARGUMENT says what is wrong
  // with it, or with the expression that it stands for.
  static absl::StatusOr<DateTemplate> Compile(absl::string_view pattern,
                                              int last_year);

  // Whether it matches at a line's begin only.
  bool is_anchored() const { return is_anchored_; }

  std::optional<Match> Search(absl::string_view line);

 private:
  struct Group {
    int number;
    const DateGroup* meaning;
  };

  DateTemplate(Regex regex, bool is_anchored);

  Regex regex_;
  bool is_anchored_;
  std::vector<Group> groups_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_TEMPLATE_H_
