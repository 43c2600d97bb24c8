#ifndef MXBAN_COORDINATOR_WRITE_AHEAD_LOG_H_
#define MXBAN_COORDINATOR_WRITE_AHEAD_LOG_H_

// Tells whether SQLite can still read what was committed to a write-ahead log.
//
// SQLite reads such a log up to the first frame whose checksum is wrong, and
// takes that for the trace of a write that a crash cut short. If it is damage
// instead, commits are lost without a word. A crash cuts only the last
// transaction short, since each is synced before the next begins: so a frame
// that is wrong with more than one transaction behind it was damaged later.
//
// The format: https://www.sqlite.org/fileformat2.html#walformat

#include <string>

#include "absl/status/status.h"

namespace mxban {

// OK also for a log that is absent or empty. DATA_LOSS if commits are lost.
// Damage to the last transaction cannot be told from a crash.
absl::Status CheckWriteAheadLog(const std::string& path);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_WRITE_AHEAD_LOG_H_
