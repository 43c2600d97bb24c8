#ifndef MXBAN_AGENT_LOG_IDENTITY_H_
#define MXBAN_AGENT_LOG_IDENTITY_H_

// What names a log, so that a position in it outlives renaming, rotation and
// restarts.
//
// A log is known by device, inode and its first line, which in a log begins
// with a time stamp. The name survives a rename. A log that was copied,
// compressed or moved to another file system is another file with the same
// first line: it keeps the name while the file that bore it is gone or begins
// otherwise.
//
// A file that was cut and begun anew with the very same line is the next
// generation of its name.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mxban {

struct LogIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t first_line = 0;  // Its hash.
  uint32_t generation = 0;

  // `file:DEVICE:INODE:HASH`, and `+GENERATION` if there were others.
  std::string ToString() const;
  static std::optional<LogIdentity> Parse(absl::string_view name);

  // Whether both are the same file with the same first line.
  bool IsSameFile(const LogIdentity& other) const {
    return device == other.device && inode == other.inode &&
           first_line == other.first_line;
  }
};

// Which of the logs `known` by name lies in `file` now; `file` itself if none
// does. `present` are the files that might be one of them as well, `file` among
// them.
LogIdentity Recognise(const LogIdentity& file,
                      const std::vector<std::string>& known,
                      const std::vector<LogIdentity>& present);

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_IDENTITY_H_
