#ifndef MXBAN_AGENT_FIREWALL_RULE_DIFFERENCE_H_
#define MXBAN_AGENT_FIREWALL_RULE_DIFFERENCE_H_

// The way from the rules that a chain has to those it should have. What stands
// in both stays untouched, with its counters.

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "agent/firewall/table_rule.h"

namespace mxban {

struct RuleEdit {
  size_t position = 0;                // In the chain as edited so far, from 0.
  const TableRule* insert = nullptr;  // Null: delete the rule there.
};

// Edits to be made in this order. They point into `wanted`.
std::vector<RuleEdit> RuleDifference(absl::Span<const TableRule> present,
                                     absl::Span<const TableRule> wanted);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_RULE_DIFFERENCE_H_
