#ifndef MXBAN_COORDINATOR_STORE_SALVAGE_H_
#define MXBAN_COORDINATOR_STORE_SALVAGE_H_

// Carries over, row by row, what can still be read of a store that is not
// sound.
//
// Each table is read from its beginning until that fails, and then from its
// end: one bad page costs its own rows, several those between the first and the
// last. A row counts as read if it holds what a store holds (store_rows.h). Of
// the log of failures a row holds many, which go together, and what it said of
// sources that were forgotten goes with them.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mxban {

struct SalvagedTable {
  std::string name;
  uint64_t rows = 0;         // Carried over; of `failure` how many failures.
  uint64_t spoilt_rows = 0;  // Read, and left behind.
  bool is_whole = true;      // Whether it could be read from end to end.
};

// Creates a store at `to` with a history of its own, and carries over what can
// be read of the one at `from`, which stays as it is; a pause goes on.
// Revisions go on above those carried over. Where an older version did not date
// a row, `now` does.
//
// UNAVAILABLE if `to` cannot be written.
absl::StatusOr<std::vector<SalvagedTable>> SalvageStore(const std::string& from,
                                                        const std::string& to,
                                                        absl::Time now);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORE_SALVAGE_H_
