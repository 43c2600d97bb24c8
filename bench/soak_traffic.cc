#include "bench/soak_traffic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

constexpr uint32_t kFailuresInAThousand = 30;
constexpr size_t kActiveSources = 100;
constexpr size_t kServersOfASource = 3;

}  // namespace

SoakTraffic::SoakTraffic(Options options)
    : options_(std::move(options)), random_(options_.seed) {}

std::optional<SoakTraffic::Line> SoakTraffic::Next() {
  const bool is_over = lines_++ >= options_.lines;
  if (is_over && active_.empty()) return std::nullopt;
  if (is_over) return Fail();
  if (Roll(1000) < kFailuresInAThousand) {
    while (active_.size() < kActiveSources) active_.push_back(NewSource());
    return Fail();
  }
  return Line{static_cast<int>(Roll(options_.servers)), ""};
}

SoakTraffic::Source SoakTraffic::NewSource() {
  const uint32_t number = known_++;
  // For benchmarks, by RFC 2544.
  Source source = {absl::StrCat("198.", 18 + number / 65536 % 2, ".",
                                number / 256 % 256, ".", number % 256),
                   {}};
  size_t failures = options_.max_retry - Roll(2);
  if (Roll(10) == 0) source.address = options_.ignored;
  const uint32_t first = Roll(options_.servers);
  for (; failures > 0; --failures) {
    source.servers.push_back(static_cast<int>(
        (first + failures % kServersOfASource) % options_.servers));
  }
  std::shuffle(source.servers.begin(), source.servers.end(), random_);
  return source;
}

SoakTraffic::Line SoakTraffic::Fail() {
  const size_t chosen = Roll(active_.size());
  Source& source = active_[chosen];
  Line line = {source.servers.back(), source.address};
  source.servers.pop_back();
  if (source.servers.empty()) {
    std::swap(source, active_.back());
    active_.pop_back();
  }
  return line;
}

}  // namespace mxban
