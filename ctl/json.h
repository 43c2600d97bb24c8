#ifndef MXBAN_CTL_JSON_H_
#define MXBAN_CTL_JSON_H_

// Prints wire messages for programs.
//
// One object per line, with the field names of the .proto files and every
// field that can have a default. As in all JSON made by protobuf, 64-bit
// numbers are strings and times are RFC 3339.

#include <ostream>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace mxban::ctl {

// INTERNAL if `message` holds what JSON cannot say, such as a time after 9999.
absl::Status PrintJsonLine(const google::protobuf::Message& message,
                           std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_JSON_H_
