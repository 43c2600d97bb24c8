#include "ctl/option.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "filter/duration.h"

namespace mxban::ctl {
namespace {

absl::StatusOr<absl::Duration> Read(const std::string& text, Ever ever) {
  if (ever == Ever::kAllowed && text == "ever") {
    return absl::InfiniteDuration();
  }
  absl::StatusOr<absl::Duration> read = ParseDuration(text);
  if (read.ok() && *read <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not at least one second"));
  }
  return read;
}

}  // namespace

CLI::Option& AddDuration(CLI::App& command, const char* name,
                         absl::Duration& duration, Ever ever,
                         const char* description) {
  const auto set = [&duration, ever](const std::string& text) {
    duration = Read(text, ever).value_or(duration);
  };
  const auto what_is_wrong = [ever](const std::string& text) {
    return std::string(Read(text, ever).status().message());
  };
  return *command.add_option_function<std::string>(name, set, description)
              ->check(what_is_wrong)
              ->type_name("DURATION");
}

}  // namespace mxban::ctl
