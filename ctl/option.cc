#include "ctl/option.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "filter/duration.h"

namespace mxban::ctl {

CLI::Option& AddDuration(CLI::App& command, const char* name,
                         absl::Duration& duration, Ever ever,
                         const char* description) {
  return *command
              .add_option_function<std::string>(
                  name,
                  [name, &duration, ever](const std::string& text) {
                    if (ever == Ever::kAllowed && text == "ever") {
                      duration = absl::InfiniteDuration();
                      return;
                    }
                    const absl::StatusOr<absl::Duration> read =
                        ParseDuration(text);
                    if (!read.ok()) {
                      throw CLI::ValidationError(
                          name, std::string(read.status().message()));
                    }
                    if (*read <= absl::ZeroDuration()) {
                      throw CLI::ValidationError(
                          name, absl::StrCat("'", text,
                                             "' is not at least one second"));
                    }
                    duration = *read;
                  },
                  description)
              ->type_name("DURATION");
}

}  // namespace mxban::ctl
