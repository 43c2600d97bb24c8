#ifndef MXBAN_COORDINATOR_FAILURE_LOG_H_
#define MXBAN_COORDINATOR_FAILURE_LOG_H_

// The failures of a store: a log of rows (failure_row.h, packed) that only
// grows at its end and only loses its oldest row. Of each as much is packed as
// fits a page of the file.
//
// So taking in failures writes pages one after the other, and costs little more
// than copying them. Forgetting a source appends that it is forgotten. When
// more than half of the log is dead, or its oldest row too old, that row goes;
// what still counts of it is written again at the end. A commit does a bounded
// part of that.
//
// What is in memory says where the newest failure of each source lies; from
// there each names the row of the one before it. That takes some 35 bytes a
// source. A source goes by 64 bits of a hash that no one outside can foresee.
//
// All calls but Load() and Of() are part of a transaction of the caller, who
// says Doubt() if it fails: then the log is read again.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/failure_row.h"
#include "coordinator/sqlite.h"
#include "coordinator/store_records.h"

namespace mxban {

inline constexpr char kFailureRowColumns[] = "id, time, data";

// OK if it is a row of the log, else DATA_LOSS.
absl::Status CheckFailureRow(const SqliteStatement& row);

class FailureLog {
 public:
  // `database` has the table, and outlives the log.
  explicit FailureLog(SqliteDatabase& database);

  // Whether the statements could be prepared.
  absl::Status status() const;

  // Every failure that counts, oldest first.
  absl::StatusOr<std::vector<StoredFailure>> Load();

  // The newest failures of `key`, at most `limit`, oldest first.
  absl::StatusOr<std::vector<StoredFailure>> Of(const BanKey& key,
                                                size_t limit);

  // Takes its part of `change`.
  absl::Status Apply(const StoreChange& change);

  // Appends `failure`, which is written by the next EndRow() at the latest.
  absl::Status Add(const FailureView& failure);
  absl::Status EndRow();

  // Writes all that counts anew: rows that were carried over from a damaged
  // log do not fit each other.
  absl::Status Rewrite();

  void Doubt() { is_known_ = false; }

  // How many failures count.
  uint64_t size() const { return live_; }

 private:
  // Where the `count` failures of a source lie: from row `first` on, the newest
  // `span` rows behind it.
  struct Trace {
    uint64_t newest() const { return first + span; }

    // That there is nothing before `row`, whatever was there once.
    void BeginAt(uint64_t row) {
      span -= static_cast<uint32_t>(row - first);
      first = row;
    }

    uint64_t first = 0;
    uint32_t span = 0;
    uint32_t count = 0;
  };
  using Traces = absl::flat_hash_map<uint64_t, Trace>;

  // Finds out what there is, unless that is known.
  absl::Status Know();
  absl::Status KnowRow(uint64_t row, absl::string_view data);

  // Adds a failure in `row`, the newest, to `trace`.
  void Extend(Trace& trace, uint64_t row);

  uint64_t HashOf(absl::string_view jail, const IpNetwork& source) const;

  // The trace that the failure belongs to, which lies in `row`; end() if it
  // does not count any more.
  Traces::iterator TraceOf(const FailureView& failure, uint64_t row);

  absl::Status AppendAll(const std::vector<FailureView>& failures);
  absl::Status Append(const FailureView& failure, Trace& trace);
  void Forget(const BanKey& key);
  absl::Status Trim(const TrimmedFailures& trimmed);

  // Adds to `failures` those of `key` that lie in `row`, newest first. Returns
  // the row of the one before; 0 if there is none.
  absl::StatusOr<uint64_t> ReadBack(uint64_t row, const BanKey& key,
                                    std::vector<StoredFailure>& failures);

  // Retires rows that are too old, and while half of the log is dead, until
  // they held `budget` records.
  absl::Status Clean(size_t budget);

  // Of the failures of `row` those that count are written again, or are
  // forgotten if they are too old. Returns how many records it held.
  absl::StatusOr<size_t> Retire(uint64_t row, bool is_too_old);

  SqliteDatabase& database_;
  SqliteStatement add_row_, read_row_, oldest_row_, drop_row_;
  const uint64_t seed_;

  bool is_known_ = false;
  Traces traces_;  // By the hash of jail and source.
  uint64_t next_row_ = 1;
  uint64_t records_ = 0;  // In all rows.
  uint64_t live_ = 0;     // Of these, failures that count.
  absl::Time too_old_ = absl::InfinitePast();
  bool may_be_old_ = false;  // The oldest row.
  FailureRowWriter row_;     // Being written: next_row_.
  // For their memory alone: a row, and the hashes of sources.
  std::string packed_;
  std::vector<uint64_t> hashes_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FAILURE_LOG_H_
