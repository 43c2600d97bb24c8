#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_LOG_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_LOG_H_

// A mail log with its syslogd and its logrotate: a real file, written to and
// rotated as those two do it.

#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"

namespace mxban::simulation {

class ServerLog {
 public:
  // Makes the file. Times of files are those of `clock`, which must outlive
  // this.
  ServerLog(std::string path, const Clock& clock);
  ~ServerLog();

  ServerLog(const ServerLog&) = delete;
  ServerLog& operator=(const ServerLog&) = delete;

  // Writes a line, after the rest of one that was torn.
  void Write(absl::string_view line);

  // Writes the first `size` bytes of a line; the rest is written later.
  void Tear(absl::string_view line, size_t size);
  void Mend();

  // As logrotate with `create`: the log is renamed and a new one made, but
  // syslogd writes to the old one until it is told.
  void Rotate();
  bool must_reopen() const { return must_reopen_; }
  void Reopen();

  // As logrotate with `copytruncate`.
  void CopyAndTruncate();

  // Compresses the newest rotated log, as logrotate does a day later. False if
  // there is none.
  bool Compress();

  // Nothing has been written to it.
  bool is_new() const { return is_new_; }

  const std::string& path() const { return path_; }

 private:
  void Open();
  void MakeRoom();  // For a newly rotated log.
  void Append(absl::string_view bytes);
  // Says that the file was written to just now.
  void Touch(const std::string& path) const;

  const std::string path_;
  const Clock& clock_;
  int file_ = -1;  // Where syslogd writes.
  bool must_reopen_ = false;
  bool is_new_ = true;
  std::string torn_;  // What is still to come of a line.
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_LOG_H_
