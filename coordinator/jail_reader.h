#ifndef MXBAN_COORDINATOR_JAIL_READER_H_
#define MXBAN_COORDINATOR_JAIL_READER_H_

// Turns one section of the jail files into a Jail; jail_config.h puts the jails
// of the fleet together.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "filter/error_list.h"
#include "filter/ini_file.h"

namespace mxban {

// Where jails come from, and where what is said about them goes.
struct JailSource {
  const IniFile& file;
  std::string config_dir;  // With `filter.d` in it.
  // Options that some value interpolates; they need no meaning of their own.
  std::set<std::string, std::less<>> referred_options;
  ErrorList& errors;
  std::vector<std::string>& notes;
};

// Reads the jail `section`, its filter and its action. Nothing if it is not
// enabled, or if anything is wrong with it, which then is in `source.errors`.
std::optional<Jail> ReadJail(const JailSource& source,
                             absl::string_view section);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_READER_H_
