#ifndef MXBAN_CTL_MXBAN_REGEX_REQUEST_H_
#define MXBAN_CTL_MXBAN_REGEX_REQUEST_H_

// What a filter's author typed after `mxban-regex`.

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "filter/interpolation.h"

namespace mxban::ctl {

struct RegexRequest {
  // The help or the version; when set, it is all that is to be done.
  std::string text;

  std::string log;     // A file, a line, or `-`.
  std::string filter;  // A name with or without options, a file, or a regex.
  std::string filter_dir = "/etc/mxban/filter.d";
  GivenValues options;  // Of the filter; those in its brackets give way.
  std::optional<absl::Time> now;
  bool json = false;
  bool print_missed = false;
};

// Reads the arguments of main(). INVALID_ARGUMENT says what is wrong with them.
absl::StatusOr<RegexRequest> ParseRegexRequest(int argc,
                                               const char* const* argv);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_REQUEST_H_
