#ifndef MXBAN_AGENT_LOG_SEEK_H_
#define MXBAN_AGENT_LOG_SEEK_H_

// Finds where the recent lines of a log begin, by halving instead of reading
// gigabytes.

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/log_file.h"

namespace mxban {

using StampReader =
    absl::FunctionRef<std::optional<absl::Time>(absl::string_view line)>;

// An offset between `begin` and `end`, both of which begin a line, where a line
// begins and before which all are older than `oldest`, if the stamps of `log`
// rise. The first line since may come up to 64 KiB later. Stays where it is
// rather than pass over lines of which no stamp tells how old they are.
uint64_t SeekTime(LogFile& log, uint64_t begin, uint64_t end, absl::Time oldest,
                  StampReader stamp_of);

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_SEEK_H_
