#include "agent/firewall/rule_difference.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace mxban {
namespace {

using Rules = absl::Span<const TableRule>;

// Appends the edits for rules that begin at `position`.
void Compare(Rules present, Rules wanted, size_t position,
             std::vector<RuleEdit>& edits) {
  absl::flat_hash_map<TableRule, int> still_wanted;
  for (const TableRule& rule : wanted) ++still_wanted[rule];
  while (!present.empty() || !wanted.empty()) {
    if (!present.empty() && still_wanted[present.front()] == 0) {
      edits.push_back({position, nullptr});
      present.remove_prefix(1);
      continue;
    }
    const TableRule& next = wanted.front();
    if (!present.empty() && present.front() == next) {
      present.remove_prefix(1);
    } else {
      edits.push_back({position, &next});
    }
    --still_wanted[next];
    wanted.remove_prefix(1);
    ++position;
  }
}

}  // namespace

std::vector<RuleEdit> RuleDifference(Rules present, Rules wanted) {
  // A chain of thousands differs in a few rules: look at those alone.
  const auto head = std::mismatch(present.begin(), present.end(),
                                  wanted.begin(), wanted.end());
  const size_t position = head.first - present.begin();
  present.remove_prefix(position);
  wanted.remove_prefix(position);
  const auto tail = std::mismatch(present.rbegin(), present.rend(),
                                  wanted.rbegin(), wanted.rend());
  const size_t same_tail = tail.first - present.rbegin();
  present.remove_suffix(same_tail);
  wanted.remove_suffix(same_tail);
  std::vector<RuleEdit> edits;
  Compare(present, wanted, position, edits);
  return edits;
}

}  // namespace mxban
