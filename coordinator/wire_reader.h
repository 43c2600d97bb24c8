#ifndef MXBAN_COORDINATOR_WIRE_READER_H_
#define MXBAN_COORDINATOR_WIRE_READER_H_

// Walks through the fields of a Protocol Buffers message where it lies.
//
// Generated classes copy every text of a message to a place of its own. Where
// messages hold hundreds of small ones, of which each is looked at once, that
// costs more than all else that is done with them.
//
// What is no message ends the walk, and is not sound. Groups are none: proto3
// knows them no more.
//
// Thread-compatible.

#include <cstdint>

#include "absl/strings/string_view.h"
#include "coordinator/varint.h"

namespace mxban {

class WireReader {
 public:
  // `bytes` must outlive the reader and the texts that it finds.
  explicit WireReader(absl::string_view bytes) : rest_(bytes) {}

  // Moves to the next field; false at the end.
  bool Next();

  // Whether all that was there could be read.
  bool is_sound() const { return is_sound_; }

  // Whether this is field `number`, and holds a number, or bytes.
  bool IsNumber(uint32_t number) const { return tag_ == (number << 3 | 0); }
  bool IsBytes(uint32_t number) const { return tag_ == (number << 3 | 2); }

  // What the field holds.
  uint64_t number() const { return number_; }
  absl::string_view bytes() const { return bytes_; }

 private:
  bool ReadBytes(uint64_t size);
  bool ReadField();

  absl::string_view rest_;
  bool is_sound_ = true;
  uint64_t tag_ = 0;
  uint64_t number_ = 0;
  absl::string_view bytes_;
};

inline bool WireReader::ReadBytes(uint64_t size) {
  if (size > rest_.size()) return false;
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

inline bool WireReader::ReadField() {
  // A field's number is not 0, and has 29 bits.
  if (!TakeVarint(rest_, tag_) || tag_ < 8 || tag_ > UINT32_MAX) return false;
  switch (tag_ & 7) {
    case 0:
      return TakeVarint(rest_, number_);
    case 1:
      return ReadBytes(8);
    case 2:
      return TakeVarint(rest_, number_) && ReadBytes(number_);
    case 5:
      return ReadBytes(4);
    default:
      return false;
  }
}

inline bool WireReader::Next() {
  if (rest_.empty() || !is_sound_) return false;
  return is_sound_ = ReadField();
}

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_WIRE_READER_H_
