#include "coordinator/rails.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How often the log says that bans are held.
constexpr absl::Duration kSayInterval = absl::Minutes(1);

}  // namespace

void Rails::Load(const std::vector<Ban>& bans, absl::Time now) {
  std::vector<const Ban*> recent;
  for (const Ban& ban : bans) {
    if (ban.origin != BanOrigin::kOperator &&
        ban.create_time >
            now - std::max(BanRate::kWindow, GoodShare::kWindow)) {
      recent.push_back(&ban);
    }
  }
  std::sort(recent.begin(), recent.end(), [](const Ban* a, const Ban* b) {
    return a->create_time < b->create_time;
  });
  for (const Ban* ban : recent) {
    rate_.Add(ban->key.jail, ban->create_time, 1);
    if (right_logins_.IsGood(ban->key, now)) {
      good_bans_[ban->key.jail].Add(ban->create_time, 1);
    }
  }
}

std::optional<Hold> Rails::Judge(const Turn& turn, const Jail& jail,
                                 const Ban& ban) const {
  std::optional<Hold> hold = JudgeRate(turn, jail);
  return hold ? hold : JudgeGoodShare(turn, jail, ban);
}

std::optional<Hold> Rails::JudgeGoodShare(const Turn& turn, const Jail& jail,
                                          const Ban& ban) const {
  if (!right_logins_.IsGood(ban.key, turn.now)) return std::nullopt;
  const auto bans = good_bans_.find(jail.name);
  const auto in_turn = turn.good_imposed_by_jail.find(jail.name);
  const size_t banned =
      (bans == good_bans_.end() ? 0 : bans->second.CountAt(turn.now)) +
      (in_turn == turn.good_imposed_by_jail.end() ? 0 : in_turn->second);
  const size_t good_sources = right_logins_.good_sources(jail.name, turn.now);
  if (GoodShare::Allows(banned, jail.max_good_share, good_sources)) {
    return std::nullopt;
  }
  return Hold{
      "maxgoodshare",
      absl::StrCat("maxgoodshare: users log in rightly from it, and ", banned,
                   " of ", good_sources, " such sources were banned within ",
                   absl::FormatDuration(GoodShare::kWindow), ", at most ",
                   100 * jail.max_good_share, "% are")};
}

std::optional<Hold> Rails::JudgeRate(const Turn& turn, const Jail& jail) const {
  if (jail.max_ban_rate == 0) return std::nullopt;
  const auto in_turn = turn.imposed_by_jail.find(jail.name);
  const uint64_t imposed =
      rate_.CountAt(jail.name, turn.now) +
      (in_turn == turn.imposed_by_jail.end() ? 0 : in_turn->second);
  if (imposed < jail.max_ban_rate) return std::nullopt;
  return Hold{"maxbanrate",
              absl::StrCat("maxbanrate: ", imposed,
                           " bans were imposed within a minute, at most ",
                           jail.max_ban_rate, " are")};
}

void Rails::Publish(const Turn& turn) {
  for (const auto& [jail, count] : turn.imposed_by_jail) {
    rate_.Add(jail, turn.now, count);
  }
  for (const auto& [jail, count] : turn.good_imposed_by_jail) {
    good_bans_[jail].Add(turn.now, count);
  }
  for (const auto& [jail_and_rail, count] : turn.held_by_rail) {
    absl::Time& said =
        said_.try_emplace(jail_and_rail, absl::InfinitePast()).first->second;
    if (turn.now < said + kSayInterval) continue;
    said = turn.now;
    spdlog::warn("jail {}: {} holds back bans; see mxbanctl held list",
                 jail_and_rail.first, jail_and_rail.second);
  }
}

}  // namespace mxban
