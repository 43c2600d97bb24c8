#ifndef MXBAN_FILTER_DATE_PATTERN_H_
#define MXBAN_FILTER_DATE_PATTERN_H_

// Finds the time stamp of a log line, so that it can be cut out, and what time
// it means.
//
// Stands for a filter's `datepattern`, one pattern a line, as Fail2Ban
// understands it: default_templates.h tells what a line may be,
// date_expression.h how a pattern of one's own is read, date_codes.h what its
// codes mean, stamp_calendar.h what becomes of parts that are missing.
//
// Of several templates that match, one that is tied to the line's begin wins
// over one that is not. Among the former it is the one that matched last, then
// the first of the list; among the latter the one that matched last, unless its
// stamp has moved to the right, then the one whose stamp is leftmost.
//
// The templates at the head of the default list are read by hand at a line's
// begin, with the result that they would have (stamp_parser.h).
//
// Find() never allocates, except once in ten years: a new decade's years need
// new expressions. Thread-compatible; movable.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "filter/date_template.h"
#include "filter/default_templates.h"
#include "filter/stamp_calendar.h"
#include "filter/stamp_fields.h"

namespace mxban {

class DatePattern {
 public:
  struct Stamp {
    size_t begin = 0;  // What to cut from the line.
    size_t end = 0;
    size_t template_index = 0;  // Into template_names().
    // Whole seconds; none if the date is impossible, as 31 February.
    std::optional<absl::Time> time;
  };

  // INVALID_ARGUMENT quotes a pattern that is not understood. No patterns mean
  // the default list. `zone` is that of stamps that name none.
  static absl::StatusOr<DatePattern> Compile(
      const std::vector<std::string>& patterns, absl::TimeZone zone);

  // The stamp of `line`, if it has one. A pattern that captures nothing, such
  // as `()`, says that there is none.
  std::optional<Stamp> Find(absl::string_view line, absl::Time now);

  // What each template is called in reports; a pattern of one's own by its
  // text.
  const std::vector<std::string>& template_names() const { return names_; }

 private:
  struct Hit {
    size_t index = 0;
    DateTemplate::Match match;
  };

  DatePattern(const std::vector<std::string>& lines, absl::TimeZone zone);

  absl::Status CompileTemplates();
  std::optional<Hit> FindByHand(absl::string_view line) const;
  std::optional<Hit> FindAtBegin(absl::string_view line);
  std::optional<Hit> FindWithin(absl::string_view line);
  std::optional<Hit> Try(size_t index, absl::string_view line);
  bool IsReadByHand(size_t index) const;

  std::vector<NamedDatePattern> patterns_;
  std::vector<std::string> names_;
  bool reads_by_hand_ = false;
  bool is_by_hand_ = false;  // This line; expressions know more letters.

  std::vector<DateTemplate> templates_;  // Of patterns_.
  int last_year_ = 0;                    // What templates_ were compiled for.
  StampCalendar calendar_;

  // What matched last.
  std::optional<size_t> last_at_begin_;
  std::optional<size_t> last_within_;
  size_t last_position_ = 0;  // Of last_within_.
};

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_PATTERN_H_
