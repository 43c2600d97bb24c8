#ifndef MXBAN_COORDINATOR_OPEN_STORE_H_
#define MXBAN_COORDINATOR_OPEN_STORE_H_

// Opens the store of a coordinator, whatever became of its file.
//
// A file that is no sound store is set aside as `NAME.corrupt-TIME`, with what
// SQLite keeps beside it, and a new store with a history of its own takes its
// place: it holds all that could still be read (store_salvage.h). The new one
// is complete on the disk before the old one is moved, so that a death in
// between costs nothing.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/ban_store.h"
#include "coordinator/store_salvage.h"

namespace mxban {

// What was done about a store that was not sound.
struct Salvage {
  std::string reason;     // Why it was not.
  std::string set_aside;  // Where its file is now.
  std::vector<SalvagedTable> tables;

  // In one line.
  std::string ToString() const;
};

struct OpenedStore {
  std::unique_ptr<BanStore> store;
  std::optional<Salvage> salvage;
};

// FAILED_PRECONDITION if the store is in use, or of a newer version;
// UNAVAILABLE if a file cannot be read, written or moved. Then nothing is
// changed.
absl::StatusOr<OpenedStore> OpenStore(const std::string& path, absl::Time now);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_OPEN_STORE_H_
