#ifndef MXBAN_COORDINATOR_FAILURE_REPORT_H_
#define MXBAN_COORDINATOR_FAILURE_REPORT_H_

// What a server reports of one log: a v1.ReportFailuresRequest, validated where
// it lies.
//
// Failures come by the million, so nothing of one is copied: its texts are
// those of the message, which the report keeps. A report can be filled again
// and then needs no new memory, unless that was much: there are as many reports
// as calls, and most are idle.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/ip_network.h"

namespace mxban {

// As Failure in common/ban.h.
struct ReportedFailure {
  IpNetwork source;
  absl::Time time;
  uint64_t end_offset = 0;
  absl::string_view evidence;
  absl::string_view user;
};

class FailureReport {
 public:
  explicit FailureReport(std::string server) : server_(std::move(server)) {}
  FailureReport(const FailureReport&) = delete;
  FailureReport& operator=(const FailureReport&) = delete;

  // Begins another message, and forgets this one; adds a part of it.
  void Clear();
  void Append(absl::string_view bytes) {
    message_.append(bytes.data(), bytes.size());
  }

  // How many failures and right logins the message holds, whether they are in
  // form or not.
  size_t CountTold() const;

  // Reads the message. INVALID_ARGUMENT with the field that is wrong: then
  // nothing of the report must be used.
  absl::Status Parse();

  const std::string& server() const { return server_; }
  const std::string& jail() const { return jail_; }
  const std::string& log_id() const { return log_id_; }

  // The highest offset that is told of.
  uint64_t end_offset() const;

  // In the order of lines. Whoever takes the report in drops those that do not
  // count.
  std::vector<ReportedFailure>& failures() { return failures_; }
  std::vector<RightLogin>& right_logins() { return right_logins_; }
  const std::vector<ReportedFailure>& failures() const { return failures_; }
  const std::vector<RightLogin>& right_logins() const { return right_logins_; }

 private:
  absl::Status ParseName(absl::string_view text, absl::string_view field,
                         size_t max_size, std::string& name);
  absl::Status ParseFailure(absl::string_view bytes);
  absl::Status ParseLogin(absl::string_view bytes);

  // `text` if it may stay as it is, or what is made of it.
  absl::string_view Printable(absl::string_view text, size_t max_size);

  const std::string server_;
  std::string message_;
  std::deque<std::string> made_printable_;
  std::string jail_, log_id_;
  std::vector<ReportedFailure> failures_;
  std::vector<RightLogin> right_logins_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FAILURE_REPORT_H_
