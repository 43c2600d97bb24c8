#ifndef MXBAN_COORDINATOR_FAILURE_ROW_H_
#define MXBAN_COORDINATOR_FAILURE_ROW_H_

// Failures as the rows of a store hold them: many in one, in the order in which
// they came.
//
// A row is a sequence of records. Each is a failure, or says that all those of
// a source that came before are forgotten. Numbers are little-endian, or
// varints (varint.h):
//
//   kind      1 byte: 0 forgotten, 1 a failure
//   width     1 byte: the prefix length of the source, and 129 more for IPv4
//   address   as many bytes as the prefix needs
//   jail      varint: its size; 0 if it is that of the record before
//
// and of a failure
//
//   back      varint: how many rows before this one the failure before it of
//             the same source may lie, and 1 more; 0 if there is none
//   time      8 bytes: microseconds since 1970
//   server    varint: its size and 1; 0 if it is that of the record before
//   user      varint: its size
//   evidence  varint: its size
//
// and then the bytes of the jail, the server, the user and the evidence.
//
// Bytes of a file are read as hostile.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/stored_failure.h"

namespace mxban {

class FailureRowWriter {
 public:
  // The row takes `packed` bytes where it is stored. Makes the next ones so
  // large that they take `wanted`, if they can be packed as well.
  void FitTo(size_t wanted, size_t packed);

  // Whether `failure` still fits the row; any fits an empty one.
  bool HasRoomFor(const FailureView& failure) const {
    return data_.empty() || data_.size() + SizeOf(failure) <= room_;
  }

  void Add(const FailureView& failure, uint64_t back);
  void Forget(absl::string_view jail, const IpNetwork& source);

  // Begins another row.
  void Clear();

  bool is_empty() const { return data_.empty(); }
  bool is_full() const { return data_.size() >= room_; }
  absl::string_view data() const { return data_; }

  // The time of the newest failure; 0 if there is none.
  int64_t newest_us() const { return newest_us_; }

 private:
  static constexpr size_t kLeastRoom = 4'000;
  static constexpr size_t kMostRoom = 32'000;

  // What all numbers of a record may take.
  static constexpr size_t kMostNumbers = 60;

  static size_t SizeOf(const FailureView& failure) {
    return kMostNumbers + failure.jail.size() + failure.server.size() +
           failure.user.size() + failure.evidence.size();
  }

  // The size of the jail as a record has it, and what of it is to follow.
  uint64_t JailSize(absl::string_view& jail);

  std::string data_;
  size_t room_ = kLeastRoom;
  int64_t newest_us_ = 0;
  std::string jail_, server_;  // Of the record before.
  bool has_server_ = false;
};

class FailureRowReader {
 public:
  struct Record {
    bool is_forgotten = false;  // All of that jail and source so far.
    FailureView failure;        // Refers to the row's bytes.
    uint64_t back = 0;
  };

  // `data` must outlive the reader and what it reads.
  explicit FailureRowReader(absl::string_view data) : rest_(data) {}

  // Reads the next record; false at the end. DATA_LOSS if it is none.
  absl::StatusOr<bool> Next(Record& record);

 private:
  bool ReadRecord(Record& record);
  bool ReadSource(IpNetwork& source);
  bool ReadTime(absl::Time& time);
  bool ReadText(uint64_t size, absl::string_view& text);

  absl::string_view rest_;
  absl::string_view jail_, server_;  // Of the record before.
  bool has_server_ = false;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FAILURE_ROW_H_
