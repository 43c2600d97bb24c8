#include "coordinator/similar_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace mxban {
namespace {

constexpr size_t kShortName = 6;

// How many letters are wrong, missing, surplus or swapped with their neighbour.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before, above, row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

std::optional<absl::string_view> SimilarName(
    absl::string_view name, absl::Span<const absl::string_view> names) {
  std::optional<absl::string_view> nearest;
  size_t shortest = 3;
  for (const absl::string_view candidate : names) {
    const size_t distance = Distance(name, candidate);
    if (distance == 0) return std::nullopt;
    const size_t most = candidate.size() < kShortName ? 1 : 2;
    if (distance <= most && distance < shortest) {
      nearest = candidate;
      shortest = distance;
    }
  }
  return nearest;
}

}  // namespace mxban
