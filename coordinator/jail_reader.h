#ifndef MXBAN_COORDINATOR_JAIL_READER_H_
#define MXBAN_COORDINATOR_JAIL_READER_H_

// Turns one section of the jail files into a Jail; jail_config.h puts the jails
// of the fleet together.

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "coordinator/ignore_list.h"
#include "coordinator/section_reader.h"

namespace mxban {

struct JailReading {
  Jail jail;           // Ignores the networks that `ignoreip` spells out.
  std::string filter;  // With its options, as the jail names it.
  IgnoreList ignored;  // All of `ignoreip`.
};

// Checks the options that all jails share: what is wrong with one is said once.
void CheckDefaults(const JailSource& source);

// Reads the jail `section`, its filter and its actions. Nothing if it is not
// enabled, or if anything is wrong with it, which then is in `source.errors`.
std::optional<JailReading> ReadJail(const JailSource& source,
                                    absl::string_view section);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_READER_H_
