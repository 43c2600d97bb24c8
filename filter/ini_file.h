#ifndef MXBAN_FILTER_INI_FILE_H_
#define MXBAN_FILTER_INI_FILE_H_

// A set of configuration files, merged the way Fail2Ban merges them.
//
// For a base name B these are read, as far as they exist, later ones
// overriding option by option:
//
//   B.conf   B.d/*.conf   B.local   B.d/*.local
//
// Each may name others in `[INCLUDES]`, `before` (read first) and `after`. A
// section `[S?cond]` merges into S, each key with `?cond` behind it. What an
// option overrode stays reachable as `%(known/option)s`.
//
// Values are kept raw, each with the place it came from, so that whoever
// refuses one can say `file:line`. Value type; thread-compatible.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/error_list.h"
#include "filter/ini_text.h"

namespace mxban {

// A raw or resolved value and where it was written.
struct IniValue {
  std::string text;
  SourcePlace place;
  // What it overrode in the same section; null for the first.
  std::shared_ptr<const IniValue> known;
};

class IniFile {
 public:
  // By option, in alphabetical order.
  using Options = std::map<std::string, IniValue, std::less<>>;

  // Reads the files of `base`, a path without `.conf`. INVALID_ARGUMENT lists
  // what is wrong in them; files that do not exist are no error, see files().
  static absl::StatusOr<IniFile> Load(absl::string_view base);

  // Reads the one file at `path` and what it includes.
  static absl::StatusOr<IniFile> LoadAlone(absl::string_view path);

  // Every file read, in order. Empty if there was none.
  const std::vector<std::string>& files() const { return files_; }

  // The names of all sections but DEFAULT, in order of their appearance.
  const std::vector<std::string>& sections() const { return section_names_; }

  // Where the header of `section` was seen last.
  SourcePlace PlaceOf(absl::string_view section) const;

  // The options of `section` itself; empty if there is no such section.
  const Options& OptionsOf(absl::string_view section) const;

  // The value in `section`, else in DEFAULT, else null.
  const IniValue* Find(absl::string_view section,
                       absl::string_view option) const;

  // The value behind `known/<option>` in `section`: what the present one
  // overrode, else, for an option of another section, DEFAULT's; else null.
  const IniValue* FindKnown(absl::string_view section,
                            absl::string_view option) const;

 private:
  struct Section {
    SourcePlace place;
    Options options;
  };

  absl::Status Read(const std::string& path,
                    std::vector<std::string>& including);
  absl::Status ReadIncludes(const std::vector<IniSection>& sections,
                            absl::string_view which,
                            std::vector<std::string>& including);
  void Merge(const IniSection& section);

  std::map<std::string, Section, std::less<>> sections_;
  std::vector<std::string> section_names_;
  std::vector<std::string> files_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_INI_FILE_H_
