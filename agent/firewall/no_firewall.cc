#include "agent/firewall/no_firewall.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/firewall/jail_chain.h"
#include "common/status_macros.h"

namespace mxban {

absl::Status NoFirewall::Apply(const FirewallChanges& changes, absl::Time now) {
  for (const JailRules& rules : changes.jails) {
    RETURN_IF_ERROR(ValidateRules(rules));
  }
  for (const JailRules& rules : changes.jails) jails_[rules.name].rules = rules;
  for (const FirewallBan& ban : changes.lifted) {
    const auto jail = jails_.find(ban.jail);
    if (jail != jails_.end()) jail->second.bans.erase(ban.source);
  }
  absl::Status status;
  for (const FirewallBan& ban : changes.imposed) {
    const auto jail = jails_.find(ban.jail);
    if (jail == jails_.end()) {
      status.Update(absl::NotFoundError(absl::StrCat("no jail ", ban.jail)));
    } else if (ban.expire_time <= now) {
      jail->second.bans.erase(ban.source);
    } else {
      jail->second.bans[ban.source] = ban.expire_time;
    }
  }
  for (const std::string& jail : changes.removed_jails) jails_.erase(jail);
  return status;
}

absl::StatusOr<FirewallState> NoFirewall::Inspect(InspectDepth depth,
                                                  absl::Time now) {
  FirewallState state;
  for (auto& [name, remembered] : jails_) {
    absl::erase_if(remembered.bans,
                   [now](const auto& ban) { return ban.second <= now; });
    JailState& jail = state[name];
    jail.rules = remembered.rules;
    jail.intact = true;
    jail.ban_count = remembered.bans.size();
    if (depth == InspectDepth::kRulesAndBans) {
      jail.bans.insert(remembered.bans.begin(), remembered.bans.end());
    }
  }
  return state;
}

absl::Status NoFirewall::Remove() {
  jails_.clear();
  return absl::OkStatus();
}

}  // namespace mxban
