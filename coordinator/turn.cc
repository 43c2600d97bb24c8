#include "coordinator/turn.h"

#include <algorithm>
#include <utility>

namespace mxban {
namespace {

// What was reported, and what is forgotten of it.
void MoveReports(Turn& turn, StoreChange& change) {
  change.forgotten = std::move(turn.forgotten);
  change.failures = turn.counted.Take();
  for (const auto& [key, trim] : turn.trimmed) change.trimmed.push_back(trim);
  for (const auto& [login, time] : turn.right_logins) {
    change.right_logins.push_back({login.first, login.second, time});
  }
  for (const auto& [jail, until] : turn.forgotten_logins) {
    change.forgotten_logins.push_back({jail, until});
  }
  change.progress = std::move(turn.progress);
}

void AddBans(Turn& turn, StoreChange& change) {
  for (const auto& [key, end] : turn.ended) {
    change.lifted.push_back(key);
    if (end.kind == BanTable::ChangeKind::kPardoned) {
      change.pardoned.push_back({key, turn.now});
    }
  }
  for (const BanKey& key : turn.dropped) {
    change.pardoned.push_back({key, turn.now});
  }
  for (auto& [key, ban] : turn.imposed) {
    ban.revision = change.revision;
    change.imposed.push_back(ban);
  }
}

// What is held, and what operators have set.
void AddRails(const Turn& turn, StoreChange& change) {
  for (const auto& [key, held] : turn.held) {
    if (held) {
      change.held.push_back(*held);
    } else {
      change.not_held.push_back(key);
    }
  }
  for (const auto& [source, allowed] : turn.allowed) {
    if (allowed) {
      change.allowed.push_back(*allowed);
    } else {
      change.disallowed.push_back(source);
    }
  }
  change.pause = turn.pause;
}

// Whether there is nothing in it that cannot wait; what is imposed takes a
// revision.
bool IsEmpty(const StoreChange& change) {
  return change.forgotten.empty() && change.failures.empty() &&
         change.progress.empty() && change.right_logins.empty() &&
         change.forgotten_logins.empty() && change.lifted.empty() &&
         change.pardoned.empty() && change.held.empty() &&
         change.not_held.empty() && change.allowed.empty() &&
         change.disallowed.empty() && !change.pause && !change.retention &&
         change.audit.empty();
}

}  // namespace

std::optional<Ban> Turn::Standing(const BanKey& key) const {
  const auto found = imposed.find(key);
  if (found != imposed.end()) return found->second;
  if (ended.contains(key)) return std::nullopt;
  std::optional<Ban> ban = table.Find(key);
  // One whose time is over stands no longer, though no turn has ended it yet.
  if (ban.has_value() && ban->expire_time <= now) return std::nullopt;
  return ban;
}

std::vector<Ban> Turn::Covering(const IpNetwork& source,
                                const std::string& jail) const {
  std::vector<Ban> bans;
  for (const auto& [key, ban] : imposed) {
    if (key.source.Contains(source) && (jail.empty() || key.jail == jail)) {
      bans.push_back(ban);
    }
  }
  for (const Ban& ban : table.Covering(source, jail)) {
    if (!imposed.contains(ban.key) && Standing(ban.key).has_value()) {
      bans.push_back(ban);
    }
  }
  return bans;
}

void Turn::ForgetFailures(const BanKey& key) {
  touches_counts = true;
  counted.Forget(key);
  forgotten.push_back(key);
}

void Turn::Pardon(const Ban& ban) {
  imposed.erase(ban.key);
  ended[ban.key] = {BanTable::ChangeKind::kPardoned, ban};
}

BanCounts Turn::Remembered(const BanKey& key, BanCounts stored) const {
  const auto end = ended.find(key);
  const bool is_pardoned =
      end != ended.end() && end->second.kind == BanTable::ChangeKind::kPardoned;
  if (!is_pardoned && !dropped.contains(key)) return stored;
  return {.in_jail = 0, .in_all_jails = stored.in_all_jails - stored.in_jail};
}

void Turn::Record(absl::string_view who, absl::string_view action,
                  const BanKey& key, absl::string_view reason) {
  audit.push_back({now, std::string(who), std::string(action), key.jail,
                   key.source.ToString(), std::string(reason)});
}

void Turn::Expire() {
  for (const Ban& ban : table.ExpiredBy(now)) {
    ended.try_emplace(ban.key,
                      BanTable::Change{BanTable::ChangeKind::kExpired, ban});
  }
}

std::optional<StoreChange> Turn::ToStoreChange() {
  StoreChange change;
  change.revision = Revision();
  MoveReports(*this, change);
  AddBans(*this, change);
  AddRails(*this, change);
  change.retention = retention;
  change.audit = std::move(audit);
  if (!NeedsRevision() && IsEmpty(change)) return std::nullopt;
  return change;
}

BanTable::Update Turn::ToUpdate() const {
  BanTable::Update update = {Revision(), now, jails, {}};
  // A ban may have ended and a new one have begun.
  for (const auto& [key, end] : ended) update.changes.push_back(end);
  for (const auto& [key, ban] : imposed) {
    update.changes.push_back({BanTable::ChangeKind::kImposed, ban});
  }
  return update;
}

bool Turn::NeedsRevision() const {
  return !imposed.empty() || jails != nullptr ||
         std::any_of(ended.begin(), ended.end(), [](const auto& end) {
           return end.second.kind == BanTable::ChangeKind::kPardoned;
         });
}

}  // namespace mxban
