#ifndef MXBAN_CTL_CSV_H_
#define MXBAN_CTL_CSV_H_

// Comma-separated values (RFC 4180, but lines end as Unix's do), for
// spreadsheets and shells.
//
// A wire message is a line, and its fields are cells: those of a message within
// it are cells of their own, named `ban.source`. Times are RFC 3339, in UTC;
// durations are seconds; what may occur several times is joined by `; `, or is
// JSON if it consists of messages. What is not set is empty.
//
// Thread-safe.

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace mxban::ctl {

// One line, with its end. Text that a spreadsheet would run as a formula, as it
// may stand in a log, gets a `'` before it (CWE-1236).
std::string CsvLine(const std::vector<std::string>& cells);

// The names of the cells of a message of that type, and the cells.
std::vector<std::string> CsvNames(const google::protobuf::Descriptor& type);
std::vector<std::string> CsvCells(const google::protobuf::Message& message);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_CSV_H_
