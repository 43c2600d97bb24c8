#ifndef MXBAN_CTL_MXBAN_REGEX_REQUEST_H_
#define MXBAN_CTL_MXBAN_REGEX_REQUEST_H_

// What a filter's author typed after `mxban-regex`.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "filter/interpolation.h"

namespace mxban::ctl {

struct RegexRequest {
  // The help or the version; when set, it is all that is to be done.
  std::string text;

  std::string log;           // A file, a line, or `-`.
  std::string filter;        // A name or file, with options; or a regex.
  std::string ignore_regex;  // Besides the filter's own; empty: none.
  std::string filter_dir = "/etc/mxban/filter.d";
  GivenValues options;  // Of the filter; those in its brackets give way.

  // Each stands in for what the filter says.
  std::optional<std::string> date_pattern;  // One a line.
  std::optional<std::string> time_zone;
  std::optional<uint32_t> max_lines;
  std::optional<bool> use_names;

  std::optional<absl::Time> now;  // None: the clock decides.

  bool json = false;
  // Whether to print each such line as it is read.
  bool print_matched = false;
  bool print_missed = false;
  bool print_ignored = false;
  // Whether the report ends with the first few of them.
  bool list_missed = true;
  bool list_ignored = true;
};

// Reads the arguments of main(). INVALID_ARGUMENT says what is wrong with them.
absl::StatusOr<RegexRequest> ParseRegexRequest(int argc,
                                               const char* const* argv);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_REQUEST_H_
