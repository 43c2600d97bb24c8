#include "agent/firewall/source_chain.h"

#include <vector>

namespace mxban {
SourceChain::SourceChain(const std::vector<TableRule>& rules) {
  for (const TableRule& rule : rules) {
    if (!rule.opaque.empty() || !rule.source.has_value()) continue;
    if (rule.rejection.has_value()) {
      Ban(*rule.source);
      if (!rejection_.has_value()) rejection_ = rule.rejection;
    } else if (rule.jump.empty()) {
      allowed_.push_back(*rule.source);
    }
  }
}

std::vector<TableRule> SourceChain::ToRules(Rejection rejection) const {
  std::vector<TableRule> rules;
  rules.reserve(allowed_.size() + banned_.size() + 1);
  for (const IpNetwork& network : allowed_) {
    rules.push_back({.source = network});
  }
  for (const IpNetwork& source : banned_) {
    rules.push_back({.tcp = true, .source = source, .rejection = rejection});
  }
  rules.push_back({});
  return rules;
}

void SourceChain::Allow(const std::vector<IpNetwork>& allowed, Family family) {
  allowed_.clear();
  for (const IpNetwork& network : allowed) {
    if (FamilyOf(network) == family) AppendKernelForm(network, allowed_);
  }
}

bool SourceChain::Ban(const IpNetwork& source) {
  if (!is_banned_.insert(source).second) return false;
  banned_.push_back(source);
  return true;
}

bool SourceChain::Unban(const IpNetwork& source) {
  if (is_banned_.erase(source) == 0) return false;
  std::erase(banned_, source);
  return true;
}

}  // namespace mxban
