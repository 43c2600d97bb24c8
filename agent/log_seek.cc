#include "agent/log_seek.h"

#include <vector>

namespace mxban {
namespace {

// Reading so much is no more work than another step.
constexpr uint64_t kNear = 64 * 1024;

// How far a line with a stamp is looked for.
constexpr size_t kWindow = 64 * 1024;

struct StampedLine {
  uint64_t offset = 0;
  absl::Time time;
};

// The first whole line after `offset` that has a stamp.
std::optional<StampedLine> FirstStampAfter(LogFile& log, uint64_t offset,
                                           std::vector<char>& window,
                                           StampReader stamp_of) {
  const absl::string_view text(
      window.data(), log.ReadAt(offset, window.data(), window.size()));
  size_t begin = text.find('\n');
  while (begin != absl::string_view::npos) {
    ++begin;
    const size_t end = text.find('\n', begin);
    if (end == absl::string_view::npos) break;
    if (const auto time = stamp_of(text.substr(begin, end - begin))) {
      return StampedLine{offset + begin, *time};
    }
    begin = end;
  }
  return std::nullopt;
}

}  // namespace

uint64_t SeekTime(LogFile& log, uint64_t begin, uint64_t end, absl::Time oldest,
                  StampReader stamp_of) {
  std::vector<char> window(kWindow);
  while (end - begin > kNear) {
    const uint64_t middle = begin + (end - begin) / 2;
    const std::optional<StampedLine> line =
        FirstStampAfter(log, middle, window, stamp_of);
    if (line && line->time < oldest && line->offset < end) {
      begin = line->offset;
    } else {
      end = middle;
    }
  }
  return begin;
}

}  // namespace mxban
