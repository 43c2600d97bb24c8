#ifndef MXBAN_CTL_SESSION_H_
#define MXBAN_CTL_SESSION_H_

// Whom the subcommands of mxbanctl ask, and how they answer.

#include <cstddef>
#include <istream>
#include <ostream>

#include "absl/time/time.h"
#include "common/clock.h"
#include "ctl/records.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban::ctl {

// Where a person can be asked.
struct Terminal {
  std::istream& in;
  std::ostream& out;
};

// What is referred to must outlive it.
struct Session {
  v1::AdminService::StubInterface& stub;
  std::ostream& out;
  const Clock& clock;
  absl::TimeZone zone = absl::LocalTimeZone();  // For times of day.
  absl::Duration timeout = absl::Seconds(10);   // Of each call.
  OutputFormat format = OutputFormat::kTable;
  // Of the terminal that `out` is; 0 if it is none.
  size_t terminal_rows = 0;
  // Who must confirm what touches the whole fleet; null: nobody.
  const Terminal* terminal = nullptr;

  bool IsForPrograms() const { return format != OutputFormat::kTable; }

  // Whether a person looks on, to whom what changes can be shown anew.
  bool IsLive() const { return terminal_rows > 0 && !IsForPrograms(); }
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_SESSION_H_
