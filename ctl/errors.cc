#include "ctl/errors.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/version.h"
#include "ctl/format.h"
#include "ctl/printable.h"

namespace mxban::ctl {
namespace {

std::string HowToReach(absl::string_view endpoint) {
  if (absl::StartsWith(endpoint, "unix:")) {
    return "is mxban-coordinator running, and may you read its socket?";
  }
  return "is mxban-coordinator listening there, and do --tls_cert, --tls_key "
         "and --tls_ca fit its certificate?";
}

std::string Message(const absl::Status& error) {
  if (error.message().empty()) return absl::StatusCodeToString(error.code());
  // Of several mistakes each has its line.
  return absl::StrJoin(absl::StrSplit(error.message(), '\n'), "\n  ",
                       [](std::string* text, absl::string_view line) {
                         text->append(Printable(line));
                       });
}

// What failed, without gRPC's own story around it: "failed to connect to all
// addresses; last error: UNKNOWN: unix:/run/mxban/admin.sock: No such file".
std::string WhyUnreachable(const std::string& message,
                           const std::string& endpoint) {
  const std::string address = absl::StrCat(endpoint, ": ");
  const size_t position = message.rfind(address);
  if (position == std::string::npos) return message;
  return message.substr(position + address.size());
}

}  // namespace

std::string ExplainError(const absl::Status& error, const CallOrigin& origin) {
  const std::string message = Message(error);
  if (absl::IsUnavailable(error) && !origin.connected) {
    return absl::StrCat("cannot reach the coordinator at ", origin.endpoint,
                        ": ", WhyUnreachable(message, origin.endpoint), "; ",
                        HowToReach(origin.endpoint));
  }
  if (absl::IsDeadlineExceeded(error)) {
    return absl::StrCat("no answer from the coordinator at ", origin.endpoint,
                        " within ", SayDuration(origin.timeout),
                        "; try a longer --timeout");
  }
  if (absl::IsUnimplemented(error)) {
    return absl::StrCat("the coordinator at ", origin.endpoint,
                        " does not know this command: ", message,
                        "; is it older than this mxbanctl ", kVersion, "?");
  }
  return message;
}

}  // namespace mxban::ctl
