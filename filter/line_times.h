#ifndef MXBAN_FILTER_LINE_TIMES_H_
#define MXBAN_FILTER_LINE_TIMES_H_

// Gives each line of a log its time: that of its stamp, which is cut out of it,
// or else that of the last stamp, for a minute.
//
// Thread-compatible; movable.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "filter/date_pattern.h"

namespace mxban {

class LineTimes {
 public:
  explicit LineTimes(DatePattern pattern)
      : pattern_(std::move(pattern)), hits_(pattern_.template_names().size()) {}

  // A line without its stamp.
  struct Line {
    absl::string_view before;
    absl::string_view behind;
    std::optional<absl::Time> time;  // None where nothing tells it.
  };

  // Takes the stamp out of `text`, unless its time is `given` from elsewhere.
  // `now` decides the year of stamps without one, and whether the last stamp is
  // recent. `unread` are the lines since the last call, if there are any: one
  // without a stamp has to learn from them.
  Line Cut(absl::string_view text, absl::Time now,
           std::optional<absl::Time> given, absl::string_view unread);

  // Takes over the time of the last of `lines`, whole ones, that has a stamp.
  void Learn(absl::string_view lines, absl::Time now);

  // The time of the stamp that `text` bears. Changes nothing of what later
  // lines mean.
  std::optional<absl::Time> StampOf(absl::string_view text, absl::Time now);

  // What each kind of stamp is called, and how many lines had it.
  const std::vector<std::string>& names() const {
    return pattern_.template_names();
  }
  const std::vector<uint64_t>& hits() const { return hits_; }

 private:
  DatePattern pattern_;
  std::optional<absl::Time> last_time_;  // Of any line so far.
  std::vector<uint64_t> hits_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_LINE_TIMES_H_
