#include "coordinator/rails.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "coordinator/good_share.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How often the log says that bans are held.
constexpr absl::Duration kSayInterval = absl::Minutes(1);

// `maxbanrate` is by the minute.
constexpr absl::Duration kRateWindow = absl::Minutes(1);

void Add(Rails::RecentCounts& counts, absl::Duration window,
         const std::string& jail, absl::Time time, uint64_t count) {
  counts.try_emplace(jail, window).first->second.Add(time, count);
}

// How many of `jail` there are at `now`, with those that are still `in_turn`.
uint64_t CountOf(const Rails::RecentCounts& counts,
                 const absl::flat_hash_map<std::string, uint64_t>& in_turn,
                 const std::string& jail, absl::Time now) {
  const auto durable = counts.find(jail);
  const auto deciding = in_turn.find(jail);
  return (durable == counts.end() ? 0 : durable->second.CountAt(now)) +
         (deciding == in_turn.end() ? 0 : deciding->second);
}

}  // namespace

void Rails::Load(const std::vector<Ban>& bans, absl::Time now) {
  std::vector<const Ban*> recent;
  for (const Ban& ban : bans) {
    if (ban.origin != BanOrigin::kOperator &&
        ban.create_time > now - std::max(kRateWindow, GoodShare::kWindow)) {
      recent.push_back(&ban);
    }
  }
  std::sort(recent.begin(), recent.end(), [](const Ban* a, const Ban* b) {
    return a->create_time < b->create_time;
  });
  for (const Ban* ban : recent) {
    Add(imposed_, kRateWindow, ban->key.jail, ban->create_time, 1);
    if (right_logins_.IsGood(ban->key, now)) {
      Add(good_imposed_, GoodShare::kWindow, ban->key.jail, ban->create_time,
          1);
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
  const size_t banned =
      CountOf(good_imposed_, turn.good_imposed_by_jail, jail.name, turn.now);
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
  const uint64_t imposed =
      CountOf(imposed_, turn.imposed_by_jail, jail.name, turn.now);
  if (imposed < jail.max_ban_rate) return std::nullopt;
  return Hold{"maxbanrate",
              absl::StrCat("maxbanrate: ", imposed,
                           " bans were imposed within a minute, at most ",
                           jail.max_ban_rate, " are")};
}

void Rails::Publish(const Turn& turn) {
  for (const auto& [jail, count] : turn.imposed_by_jail) {
    Add(imposed_, kRateWindow, jail, turn.now, count);
  }
  for (const auto& [jail, count] : turn.good_imposed_by_jail) {
    Add(good_imposed_, GoodShare::kWindow, jail, turn.now, count);
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
