#ifndef MXBAN_FILTER_INI_TEXT_H_
#define MXBAN_FILTER_INI_TEXT_H_

// The syntax of one configuration file: sections of `key = value` lines as
// Python's configparser reads them for Fail2Ban.
//
//   [section]
//   key = value        ; a comment, for the blank before the semicolon
//         continued    # not a comment: this is part of the value
//
// Keys are lower-cased. The parts of a continued value are joined by newlines;
// comment lines in between vanish, empty lines stay as empty parts. Nothing is
// interpolated and nothing is merged here: see ini_file.h.

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/error_list.h"

namespace mxban {

struct IniOption {
  std::string key;
  std::string value;
  SourcePlace place;  // Of the key.
};

struct IniSection {
  std::string name;
  SourcePlace place;  // Of the header.
  std::vector<IniOption> options;
};

// Reads `text`; `file` is what places are to name.
//
// INVALID_ARGUMENT lists every line that is no section, option or continuation,
// that stands before the first section, that repeats a section or an option, or
// that is not UTF-8.
absl::StatusOr<std::vector<IniSection>> ParseIniText(absl::string_view text,
                                                     absl::string_view file);

}  // namespace mxban

#endif  // MXBAN_FILTER_INI_TEXT_H_
