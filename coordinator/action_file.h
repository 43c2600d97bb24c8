#ifndef MXBAN_COORDINATOR_ACTION_FILE_H_
#define MXBAN_COORDINATOR_ACTION_FILE_H_

// What an operator has changed of a stock action: the `.local` files beside
// `action.d/NAME.conf` and beside what that includes.
//
// Stock action files are not needed and their commands are never run. Only what
// a `.local` says is read of them, as if it stood in the action's brackets, and
// a `blocktype` that drops, whichever file it is in.

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

struct ActionFile {
  std::map<std::string, std::string, std::less<>> options;
  std::vector<std::string> notes;  // Which commands are not run.
};

// Reads the files of the action `name` in `directory`; nothing if there is
// none. INVALID_ARGUMENT lists what is wrong in them.
absl::StatusOr<ActionFile> ReadActionFile(absl::string_view directory,
                                          absl::string_view name);

// Whether there is an action of that name in `directory`.
bool HasActionFile(absl::string_view directory, absl::string_view name);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ACTION_FILE_H_
