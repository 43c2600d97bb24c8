// The small languages within a configuration: whatever is written, reading it
// ends, in a value or in a mistake that is told.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "filter/duration.h"
#include "filter/fail_regex.h"
#include "filter/option_list.h"
#include "filter/tag_substitution.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  (void)mxban::ParseDuration(text);
  (void)mxban::ParseOptionList(text);
  (void)mxban::ExpandCaptureTags(text, true);
  (void)mxban::FailRegex::Compile(text, {.use_names = false});
  (void)mxban::SubstituteTags(
      text, [&](absl::string_view tag) -> std::optional<std::string> {
        if (tag == "all") return std::string(text);
        if (tag == "x") return "<y>";
        if (tag == "y") return "z";
        return std::nullopt;
      });
  return 0;
}
