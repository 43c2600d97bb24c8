#include "coordinator/failure_log.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "common/random_seed.h"
#include "common/status_macros.h"
#include "coordinator/packed_bytes.h"

namespace mxban {
namespace {

// So much may be dead without being worth any work.
constexpr uint64_t kSlack = 10'000;

// What a commit cleans for each record that it adds: where half is dead, two
// must be looked at to be rid of one. And what it cleans in any case, and in
// the commit that says what is too old.
constexpr size_t kCleanedPerRecord = 4;
constexpr size_t kLeastCleaned = 100;
constexpr size_t kCleanedAtRetention = 200'000;

// The number of no row is higher; nor will one be ever.
constexpr int64_t kLastRow = INT64_MAX / 2;

// What a row may take so that it fits a page of the file.
constexpr size_t kPage = 3'900;

bool IsEarlier(const StoredFailure& a, const StoredFailure& b) {
  return a.time < b.time;
}

// Calls `take` with every record of a row, `packed`.
template <typename Take>
absl::Status ReadRecords(absl::string_view packed, Take take) {
  ASSIGN_OR_RETURN(const std::string data, Unpack(packed));
  FailureRowReader reader(data);
  FailureRowReader::Record record;
  while (true) {
    ASSIGN_OR_RETURN(const bool is_record, reader.Next(record));
    if (!is_record) return absl::OkStatus();
    take(record);
  }
}

// Of `failures`, oldest first, those that matter, and are not `too_old`.
std::vector<StoredFailure> Needed(std::vector<StoredFailure> failures,
                                  const TrimmedFailures& trimmed,
                                  absl::Time too_old) {
  std::vector<StoredFailure> needed;
  absl::flat_hash_set<std::string> servers;
  for (size_t i = failures.size(); i-- > 0;) {
    const bool is_new = failures.size() - i <= trimmed.kept;
    const bool is_newest = servers.insert(failures[i].server).second;
    if (failures[i].time < too_old) continue;
    if (is_new || (trimmed.of_each_server && is_newest)) {
      needed.push_back(std::move(failures[i]));
    }
  }
  std::reverse(needed.begin(), needed.end());
  return needed;
}

}  // namespace

absl::Status CheckFailureRow(const SqliteStatement& row) {
  int64_t newest_us = 0;
  RETURN_IF_ERROR(
      ReadRecords(row.Blob(2), [&](const FailureRowReader::Record& record) {
        if (record.is_forgotten) return;
        newest_us =
            std::max(newest_us, absl::ToUnixMicros(record.failure.time));
      }));
  const bool is_numbered = row.Int(0) >= 1 && row.Int(0) <= kLastRow;
  if (is_numbered && row.Int(1) == newest_us) return absl::OkStatus();
  return absl::DataLossError("store: a row of failures is not readable");
}

FailureLog::FailureLog(SqliteDatabase& database)
    : database_(database),
      add_row_(database.Prepare("INSERT INTO failure_log VALUES (?, ?, ?)")),
      read_row_(database.Prepare("SELECT data FROM failure_log WHERE id = ?")),
      oldest_row_(database.Prepare(
          "SELECT id, time FROM failure_log ORDER BY id LIMIT 1")),
      drop_row_(database.Prepare("DELETE FROM failure_log WHERE id = ?")),
      seed_(RandomSeed()) {}

absl::Status FailureLog::status() const {
  for (const SqliteStatement* statement :
       {&add_row_, &read_row_, &oldest_row_, &drop_row_}) {
    RETURN_IF_ERROR(statement->status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredFailure>> FailureLog::Load() {
  Doubt();
  RETURN_IF_ERROR(Know());
  std::vector<StoredFailure> failures;
  failures.reserve(live_);
  SqliteStatement rows =
      database_.Prepare("SELECT id, data FROM failure_log ORDER BY id");
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, rows.Step());
    if (!is_row) break;
    RETURN_IF_ERROR(
        ReadRecords(rows.Blob(1), [&](const FailureRowReader::Record& record) {
          if (record.is_forgotten) return;
          if (TraceOf(record.failure, rows.Int(0)) == traces_.end()) return;
          failures.push_back(record.failure.Copy());
        }));
  }
  if (!std::is_sorted(failures.begin(), failures.end(), IsEarlier)) {
    std::stable_sort(failures.begin(), failures.end(), IsEarlier);
  }
  return failures;
}

absl::StatusOr<std::vector<StoredFailure>> FailureLog::Of(const BanKey& key,
                                                          size_t limit) {
  RETURN_IF_ERROR(Know());
  std::vector<StoredFailure> failures;
  const auto trace = traces_.find(HashOf(key.jail, key.source));
  if (trace == traces_.end()) return failures;
  uint64_t row = trace->second.newest();
  while (row >= trace->second.first && failures.size() < trace->second.count) {
    ASSIGN_OR_RETURN(const uint64_t before, ReadBack(row, key, failures));
    if (before == 0 || before >= row) break;
    row = before;
  }
  std::reverse(failures.begin(), failures.end());
  std::stable_sort(failures.begin(), failures.end(), IsEarlier);
  if (failures.size() > limit) {
    failures.erase(failures.begin(), failures.end() - limit);
  }
  return failures;
}

absl::StatusOr<uint64_t> FailureLog::ReadBack(
    uint64_t row, const BanKey& key, std::vector<StoredFailure>& failures) {
  ASSIGN_OR_RETURN(const bool is_row,
                   read_row_.Bind(static_cast<int64_t>(row)).Step());
  if (!is_row) return 0;  // It is retired: what counted of it lies elsewhere.
  const size_t newer = failures.size();
  uint64_t back = 0;
  RETURN_IF_ERROR(ReadRecords(
      read_row_.Blob(0), [&](const FailureRowReader::Record& record) {
        if (record.is_forgotten || !record.failure.IsOf(key)) return;
        failures.push_back(record.failure.Copy());
        back = std::max(back, record.back);
      }));
  std::reverse(failures.begin() + newer, failures.end());
  RETURN_IF_ERROR(read_row_.Run());
  return back == 0 || back > row ? 0 : row + 1 - back;
}

absl::Status FailureLog::Apply(const StoreChange& change) {
  RETURN_IF_ERROR(Know());
  const uint64_t before = records_;
  for (const BanKey& key : change.forgotten) {
    if (row_.is_full()) RETURN_IF_ERROR(EndRow());
    Forget(key);
  }
  RETURN_IF_ERROR(AppendAll(change.failures));
  for (const TrimmedFailures& trimmed : change.trimmed) {
    RETURN_IF_ERROR(Trim(trimmed));
  }
  size_t budget = kLeastCleaned + kCleanedPerRecord * (records_ - before);
  if (change.retention) {
    too_old_ = change.retention->failures;
    may_be_old_ = true;
    budget += kCleanedAtRetention;
  }
  RETURN_IF_ERROR(Clean(budget));
  return EndRow();
}

absl::Status FailureLog::Add(const FailureView& failure) {
  RETURN_IF_ERROR(Know());
  return Append(failure, traces_[HashOf(failure.jail, failure.source)]);
}

absl::Status FailureLog::Rewrite() {
  RETURN_IF_ERROR(Know());
  for (const uint64_t end = next_row_;;) {
    ASSIGN_OR_RETURN(const bool is_row, oldest_row_.Step());
    const uint64_t row = is_row ? oldest_row_.Int(0) : end;
    if (is_row) RETURN_IF_ERROR(oldest_row_.Run());
    if (row >= end) return EndRow();
    RETURN_IF_ERROR(Retire(row, /*is_too_old=*/false).status());
  }
}

absl::Status FailureLog::Know() {
  if (is_known_) return absl::OkStatus();
  traces_.clear();
  row_.Clear();
  next_row_ = 1;
  records_ = live_ = 0;
  SqliteStatement rows =
      database_.Prepare("SELECT id, time, data FROM failure_log ORDER BY id");
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, rows.Step());
    if (!is_row) break;
    RETURN_IF_ERROR(CheckFailureRow(rows));
    RETURN_IF_ERROR(KnowRow(rows.Int(0), rows.Blob(2)));
  }
  is_known_ = true;
  return absl::OkStatus();
}

absl::Status FailureLog::KnowRow(uint64_t row, absl::string_view data) {
  next_row_ = row + 1;
  return ReadRecords(data, [&](const FailureRowReader::Record& record) {
    ++records_;
    const uint64_t hash = HashOf(record.failure.jail, record.failure.source);
    if (record.is_forgotten) {
      const auto forgotten = traces_.find(hash);
      if (forgotten == traces_.end()) return;
      live_ -= forgotten->second.count;
      traces_.erase(forgotten);
      return;
    }
    Extend(traces_[hash], row);
  });
}

void FailureLog::Extend(Trace& trace, uint64_t row) {
  if (trace.count == 0) trace.first = row;
  trace.span = static_cast<uint32_t>(row - trace.first);
  ++trace.count;
  ++live_;
}

uint64_t FailureLog::HashOf(absl::string_view jail,
                            const IpNetwork& source) const {
  return absl::HashOf(seed_, jail, source);
}

FailureLog::Traces::iterator FailureLog::TraceOf(const FailureView& failure,
                                                 uint64_t row) {
  const auto trace = traces_.find(HashOf(failure.jail, failure.source));
  if (trace == traces_.end() || trace->second.first <= row) return trace;
  return traces_.end();
}

absl::Status FailureLog::AppendAll(const std::vector<FailureView>& failures) {
  // All traces are looked for first: of several that are asked for one after
  // the other the processor fetches many at once, and with a million of them
  // that takes longer than all else.
  hashes_.clear();
  for (const FailureView& failure : failures) {
    hashes_.push_back(HashOf(failure.jail, failure.source));
    traces_.try_emplace(hashes_.back());
  }
  for (size_t i = 0; i < failures.size(); ++i) {
    RETURN_IF_ERROR(Append(failures[i], traces_[hashes_[i]]));
  }
  return absl::OkStatus();
}

absl::Status FailureLog::Append(const FailureView& failure, Trace& trace) {
  if (!row_.HasRoomFor(failure)) RETURN_IF_ERROR(EndRow());
  row_.Add(failure, trace.count == 0 ? 0 : next_row_ + 1 - trace.newest());
  Extend(trace, next_row_);
  ++records_;
  return absl::OkStatus();
}

void FailureLog::Forget(const BanKey& key) {
  const auto trace = traces_.find(HashOf(key.jail, key.source));
  if (trace == traces_.end()) return;
  live_ -= trace->second.count;
  traces_.erase(trace);
  row_.Forget(key.jail, key.source);
  ++records_;
}

absl::Status FailureLog::EndRow() {
  if (row_.is_empty()) return absl::OkStatus();
  Pack(row_.data(), packed_);
  RETURN_IF_ERROR(add_row_.Bind(static_cast<int64_t>(next_row_))
                      .Bind(row_.newest_us())
                      .Bind(packed_)
                      .Run());
  ++next_row_;
  row_.FitTo(kPage, packed_.size());
  row_.Clear();
  return absl::OkStatus();
}

absl::Status FailureLog::Trim(const TrimmedFailures& trimmed) {
  const auto trace = traces_.find(HashOf(trimmed.key.jail, trimmed.key.source));
  if (trace == traces_.end() || trace->second.count <= 2 * trimmed.kept) {
    return absl::OkStatus();
  }
  // So that those before lie in other rows than those that stay.
  RETURN_IF_ERROR(EndRow());
  ASSIGN_OR_RETURN(std::vector<StoredFailure> failures,
                   Of(trimmed.key, SIZE_MAX));
  const size_t before = failures.size();
  failures = Needed(std::move(failures), trimmed, too_old_);
  // Of so many servers that next time there would be as much to do.
  if (failures.size() > before - before / 4) return absl::OkStatus();
  Forget(trimmed.key);
  for (const StoredFailure& failure : failures) {
    RETURN_IF_ERROR(Add(failure));
  }
  return absl::OkStatus();
}

absl::Status FailureLog::Clean(size_t budget) {
  const uint64_t end = next_row_;
  while (budget > 0 && (may_be_old_ || records_ > 2 * live_ + kSlack)) {
    ASSIGN_OR_RETURN(const bool is_row, oldest_row_.Step());
    if (!is_row) return absl::OkStatus();
    const uint64_t row = oldest_row_.Int(0);
    may_be_old_ = oldest_row_.Int(1) < absl::ToUnixMicros(too_old_);
    RETURN_IF_ERROR(oldest_row_.Run());
    if (row >= end) return absl::OkStatus();
    if (!may_be_old_ && records_ <= 2 * live_ + kSlack) break;
    ASSIGN_OR_RETURN(const size_t records, Retire(row, may_be_old_));
    budget -= std::min(budget, records);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> FailureLog::Retire(uint64_t row, bool is_too_old) {
  ASSIGN_OR_RETURN(const bool is_row,
                   read_row_.Bind(static_cast<int64_t>(row)).Step());
  if (!is_row) return absl::DataLossError("store: a row of failures is gone");
  const std::string packed(read_row_.Blob(0));
  RETURN_IF_ERROR(read_row_.Run());
  size_t records = 0;
  absl::Status status;
  RETURN_IF_ERROR(
      ReadRecords(packed, [&](const FailureRowReader::Record& record) {
        ++records;
        if (record.is_forgotten) return;  // There is nothing before it.
        const auto trace = TraceOf(record.failure, row);
        if (trace == traces_.end()) return;
        --live_;
        --trace->second.count;
        trace->second.BeginAt(row);
        // Not every failure is as young as the newest of its row.
        if (!is_too_old && record.failure.time >= too_old_) {
          status.Update(Append(record.failure, trace->second));
        } else if (trace->second.count == 0) {
          traces_.erase(trace);
        }
      }));
  RETURN_IF_ERROR(status);
  records_ -= records;
  RETURN_IF_ERROR(drop_row_.Bind(static_cast<int64_t>(row)).Run());
  return records;
}

}  // namespace mxban
