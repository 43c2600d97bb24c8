#ifndef MXBAN_TESTS_CONFORMANCE_SAMPLE_FILE_H_
#define MXBAN_TESTS_CONFORMANCE_SAMPLE_FILE_H_

// Reads Fail2Ban's sample logs: lines of a log, annotated by comments.
//
//   # failJSON: {...}        what the next line must give
//   # filterOptions: [{...}] for what follows, once for each set of options
//   # fileOptions: {...}     merged into all of those
//   # addFILE: "name"        another file of samples, read after this one
//
// Lines without an annotation must not match. Other comments and empty lines
// are no samples.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "filter/interpolation.h"

namespace mxban {

struct SampleLine {
  std::string place;  // `file:line`.
  std::string text;
  std::string constraint;  // Who it is for; empty: everybody.
  bool matches = false;
  // What is counted; none: not told.
  std::optional<std::string> failure_id;
  // When; none: not told, or `has_no_time`.
  std::optional<absl::CivilSecond> time;
  bool has_no_time = false;
};

// How the filter is to be read for some lines.
struct SampleOptions {
  GivenValues options;
  std::string condition;    // Who they are for; empty: everybody.
  std::string prefix_line;  // Put before each line.
};

struct SampleBlock {
  std::vector<SampleOptions> option_sets;  // At least one.
  std::vector<SampleLine> lines;
};

// Reads the file `name` in `directory` and those it adds. INVALID_ARGUMENT
// names the place of an annotation that is not understood, NOT_FOUND a file
// that is not there.
absl::StatusOr<std::vector<SampleBlock>> ReadSamples(
    const std::string& directory, const std::string& name);

}  // namespace mxban

#endif  // MXBAN_TESTS_CONFORMANCE_SAMPLE_FILE_H_
