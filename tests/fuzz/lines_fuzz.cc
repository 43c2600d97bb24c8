// Bytes come in whatever pieces: lines are those between newlines, at the
// offsets at which they stand, and a message of the journal is always one line.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "agent/journal_message.h"
#include "agent/line_buffer.h"

namespace mxban {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void CutIntoLines(absl::string_view bytes, size_t piece) {
  LineBuffer buffer(piece);
  absl::string_view rest = bytes;
  uint64_t expected = 0;  // The offset of the next line.
  do {
    const bool took_all = buffer.Deliver(
        [&](const LogLine& line) {
          Check(line.begin == expected);
          Check(bytes.substr(line.begin, line.text.size()) == line.text);
          Check(bytes[line.end - 1] == '\n');
          expected = line.end;
          return true;
        },
        [](absl::string_view, uint64_t) { return size_t{0}; });
    Check(took_all);
  } while (buffer.Fill([&](char* data, size_t size) -> ssize_t {
    const size_t count = std::min(size, rest.size());
    rest.copy(data, count);
    rest.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }) > 0);
  Check(expected == bytes.rfind('\n') + 1);
}

void Format(absl::string_view bytes) {
  JournalMessage message;
  for (const absl::string_view field : absl::StrSplit(bytes, '\xff')) {
    message.Add(field);
  }
  std::string line;
  message.Format(absl::Seconds(1), line);
  Check(line.find('\n') == std::string::npos);
  message.time();
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  mxban::CutIntoLines(bytes, 1 + size % 7);
  mxban::CutIntoLines(bytes, 4096);
  mxban::Format(bytes);
  return 0;
}
