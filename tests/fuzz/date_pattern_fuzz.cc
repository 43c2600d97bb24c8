// The operator writes the pattern, the attacker the line: the first line of the
// input is a pattern, the rest a log line. Finding ends, what it cuts lies
// within the line, and a second look sees the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "filter/date_pattern.h"

namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'435'200);

mxban::DatePattern& Defaults() {
  static auto* const pattern = new mxban::DatePattern(
      *mxban::DatePattern::Compile({}, absl::UTCTimeZone()));
  return *pattern;
}

void Check(mxban::DatePattern& pattern, absl::string_view line) {
  const auto stamp = pattern.Find(line, kNow);
  if (!stamp) return;
  const bool lies_within =
      stamp->begin < stamp->end && stamp->end <= line.size() &&
      stamp->template_index < pattern.template_names().size();
  const auto again = pattern.Find(line, kNow);
  if (!lies_within || !again || again->begin != stamp->begin ||
      again->end != stamp->end || again->time != stamp->time) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return 0;
  const absl::string_view line = text.substr(end + 1);
  Check(Defaults(), line);
  auto pattern = mxban::DatePattern::Compile({std::string(text.substr(0, end))},
                                             absl::UTCTimeZone());
  if (pattern.ok()) Check(*pattern, line);
  return 0;
}
