#include "filter/local_zone.h"

#include <cstdlib>
#include <string>

#include "absl/strings/strip.h"

namespace mxban {

absl::TimeZone LocalZone() {
  const char* variable = std::getenv("TZ");
  if (variable == nullptr) return absl::LocalTimeZone();
  const std::string name(absl::StripPrefix(variable, ":"));
  absl::TimeZone zone;
  // The C library knows rules; where TZ is nonsense, it says UTC as well.
  if (!name.empty() && (absl::LoadTimeZone(name, &zone) ||
                        absl::LoadTimeZone("libc:localtime", &zone))) {
    return zone;
  }
  return absl::LocalTimeZone();
}

}  // namespace mxban
