#ifndef MXBAN_COORDINATOR_AUDIT_FILE_H_
#define MXBAN_COORDINATOR_AUDIT_FILE_H_

// The file of JSON lines that the audit log is written to.
//
// The file itself says how far it has got: by its last complete line. What is
// torn behind that is cut off. A file that is empty, since it was rotated, has
// a companion, PATH.position, with the last line of the one before.
//
// Whoever renames the file away finds that the next record goes to a new one.
// It is created for its owner alone; who gives an existing one another mode
// means it.
//
// Thread-compatible.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/audit_line.h"

namespace mxban {

class AuditFile {
 public:
  explicit AuditFile(std::string path) : path_(std::move(path)) {}
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;
  ~AuditFile() { Close(); }

  // Sees to it that the file of that name is open, whole, and the one that is
  // written to. INVALID_ARGUMENT if it cannot be such a file, UNAVAILABLE if
  // the disk is full.
  absl::Status Open();

  // Adds lines, without their newlines. UNAVAILABLE if not all could be
  // written; place() then says how many were. REQUIRES: Open() has succeeded.
  absl::Status Append(const std::vector<std::string>& lines);

  // The last record in the file, or in the one before it; none if there never
  // was one.
  const std::optional<AuditPlace>& place() const { return place_; }

 private:
  bool IsOpen() const;
  void Close();
  // Cuts off what is torn and finds the last line.
  absl::Status Mend();
  void RememberPlace() const;

  const std::string path_;
  int file_ = -1;
  std::string last_line_;
  std::optional<AuditPlace> place_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_FILE_H_
