#ifndef MXBAN_COORDINATOR_SECTION_READER_H_
#define MXBAN_COORDINATOR_SECTION_READER_H_

// Reads the options of one jail, and says of each mistake where it is.
//
// A value that a jail has from [DEFAULT] is spoken of as DEFAULT's, so what is
// wrong for all jails is said once.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "filter/error_list.h"
#include "filter/ini_file.h"
#include "filter/interpolation.h"

namespace mxban {

// The options that `text` asks for by `%(option)s` or `%(section/option)s`.
std::set<std::string, std::less<>> ReferencesIn(absl::string_view text);

// Where jails come from, and where what is said about them goes.
struct JailSource {
  const IniFile& file;
  std::string config_dir;  // With `filter.d` and `action.d` in it.
  absl::Duration ban_memory;
  // Options that some value interpolates; they need no meaning of their own.
  std::set<std::string, std::less<>> referred_options;
  // Files of `ignoreip` that some jail has found to be sound.
  std::set<std::string>& sound_files;
  ErrorList& errors;
  std::vector<std::string>& notes;
};

// Thread-compatible; `source` must outlive it.
class SectionReader {
 public:
  SectionReader(const JailSource& source, absl::string_view section);

  const JailSource& source() const { return source_; }
  const std::string& section() const { return section_; }

  // Of the section's header.
  SourcePlace place() const { return source_.file.PlaceOf(section_); }

  // Whether anything was refused.
  bool is_wrong() const { return is_wrong_; }

  // Lets values interpolate `name`.
  void Give(absl::string_view name, std::string value) {
    given_[std::string(name)] = std::move(value);
  }

  // The value of `option`, interpolated; nothing if there is none.
  std::optional<IniValue> Get(absl::string_view option);

  // The same; an empty one is none.
  std::optional<IniValue> GetFilled(absl::string_view option);

  // Sets `target` to what `parse` makes of `option`, if there is one.
  template <typename T>
  void Set(absl::string_view option,
           absl::StatusOr<T> (*parse)(absl::string_view), T& target) {
    const std::optional<IniValue> value = Get(option);
    if (!value) return;
    absl::StatusOr<T> parsed = parse(value->text);
    if (parsed.ok()) {
      target = *std::move(parsed);
    } else {
      RefuseAt(value->place,
               absl::StrCat(option, ": ", parsed.status().message()));
    }
  }

  void Refuse(const absl::Status& mistake);
  void RefuseAt(const SourcePlace& place, absl::string_view what);
  void Note(std::string line);
  void NoteAt(const SourcePlace& place, absl::string_view what);

  // The same of what concerns this jail alone, wherever it is written: what
  // becomes of an action depends on the jail's ports.
  void RefuseOwnAt(const SourcePlace& place, absl::string_view what);
  void NoteOwnAt(const SourcePlace& place, absl::string_view what);

 private:
  // DEFAULT if it has an option at `place`, else the jail's own section.
  absl::string_view SectionWith(const SourcePlace& place) const;

  const JailSource& source_;
  const std::string section_;
  GivenValues given_;
  bool is_wrong_ = false;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SECTION_READER_H_
