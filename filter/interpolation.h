#ifndef MXBAN_FILTER_INTERPOLATION_H_
#define MXBAN_FILTER_INTERPOLATION_H_

// The first of the two stages in which a value is resolved: `%(name)s`.
//
//   %(name)s          `name` handed in by the caller, else of the section, else
//                     of [DEFAULT]
//   %(section/name)s  `name` of another section, else of [DEFAULT]
//   %(default/name)s  `name` of [DEFAULT]
//   %(known/name)s    what `name` was before a later file overrode it; or what
//                     the caller hands in as `known/name`
//   %(__name__)s      the section's own name
//   %%                a percent sign
//
// The text found is interpolated in turn, in the section that started it. Ten
// levels deep is an error, and so is any other use of `%`.

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/ini_file.h"

namespace mxban {

// Values handed in by a caller, by lower-case name. Used as they are.
using GivenValues = std::map<std::string, std::string, std::less<>>;

// Resolves `option` of `section`; given values win. NOT_FOUND if it is nowhere;
// INVALID_ARGUMENT names the place of the reference that fails.
absl::StatusOr<IniValue> Resolve(const IniFile& file, absl::string_view section,
                                 absl::string_view option,
                                 const GivenValues& given);

// What `%(reference)s` would give in `section`. NOT_FOUND if it is nowhere.
absl::StatusOr<std::string> ResolveReference(const IniFile& file,
                                             absl::string_view section,
                                             absl::string_view reference,
                                             const GivenValues& given);

}  // namespace mxban

#endif  // MXBAN_FILTER_INTERPOLATION_H_
