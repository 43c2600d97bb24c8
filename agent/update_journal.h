#ifndef MXBAN_AGENT_UPDATE_JOURNAL_H_
#define MXBAN_AGENT_UPDATE_JOURNAL_H_

// What the coordinator has said, on disk: a server that starts, and finds no
// coordinator, enforces what it was told last.
//
// The file holds updates as they came: the jails, one complete set of bans,
// then whatever changed. A new set goes into a file beside it, which takes its
// place once the set is complete. Each update has its length and hash, so what
// a crash has torn off at the end is noticed, and what was damaged is not
// believed. The file grows with every change; when it has doubled it is written
// anew, without what is over.
//
// Writes do not wait for the disk: after a loss of power the file may be some
// seconds old, and the coordinator tells what is missing.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {

class UpdateJournal {
 public:
  // Below this size a file is never written anew.
  static constexpr size_t kSmall = 1 << 20;

  explicit UpdateJournal(std::string path, size_t small = kSmall);
  ~UpdateJournal();

  UpdateJournal(const UpdateJournal&) = delete;
  UpdateJournal& operator=(const UpdateJournal&) = delete;

  // Hands over what is stored, in its order, up to the first that is torn or
  // damaged; goes on from there. To be called once, before Append(). Without a
  // file there is nothing to hand over. DATA_LOSS if something was damaged;
  // else the first error of `visit`, which is not called again.
  absl::Status Replay(
      absl::FunctionRef<absl::Status(const v1::WatchResponse&)> visit);

  // Stores an update. `now` tells which bans are over when the file is written
  // anew. UNAVAILABLE if it cannot be written; then the file is given up, since
  // a gap could keep a pardon from being known, until the next complete set.
  absl::Status Append(const v1::WatchResponse& update, absl::Time now);

 private:
  enum class Place { kFile, kNewFile, kNowhere };

  absl::Status Write(const v1::WatchResponse& update, Place place);
  absl::Status BeginNewFile();
  absl::Status ReplaceFile();
  absl::Status WriteAnew(absl::Time now);
  void GiveUp();

  const std::string path_;
  const size_t small_;
  int file_ = -1;      // At its end; negative: no file that could go on.
  int new_file_ = -1;  // While a complete set comes in.
  uint64_t size_ = 0;
  uint64_t new_size_ = 0;
  uint64_t size_when_new_ = 0;
  std::string jails_;  // The update that brought them, as it is stored.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_UPDATE_JOURNAL_H_
