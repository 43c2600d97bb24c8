#ifndef MXBAN_CTL_RECORDS_H_
#define MXBAN_CTL_RECORDS_H_

// Prints wire messages as records, for programs: one line each.
//
// In JSON a record is an object with the field names of the .proto files and
// every field that can have a default. As in all JSON made by protobuf, 64-bit
// numbers are strings and times are RFC 3339. For CSV see csv.h.
//
// Thread-compatible.

#include <ostream>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace mxban::ctl {

// What becomes of an answer.
enum class OutputFormat {
  kTable,  // For people.
  kJson,
  kCsv,
};

class RecordPrinter {
 public:
  // Of messages of `type`, whose cells the first line of CSV names. REQUIRES:
  // `format` is for programs. `out` must outlive the printer.
  RecordPrinter(OutputFormat format, const google::protobuf::Descriptor& type,
                std::ostream& out);

  // INTERNAL if `message` holds what JSON cannot say, such as a time after
  // 9999.
  absl::Status Print(const google::protobuf::Message& message);

 private:
  absl::Status PrintJson(const google::protobuf::Message& message);

  const OutputFormat format_;
  std::ostream& out_;
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_RECORDS_H_
