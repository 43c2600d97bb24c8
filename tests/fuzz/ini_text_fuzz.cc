// Configuration files may hold anything: reading them ends, in options or in
// errors.

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "filter/ini_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  (void)mxban::ParseIniText(text, "fuzz.conf");
  return 0;
}
