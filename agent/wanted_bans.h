#ifndef MXBAN_AGENT_WANTED_BANS_H_
#define MXBAN_AGENT_WANTED_BANS_H_

// What a server's kernel should refuse: the bans that the coordinator tells,
// and those that the server has imposed by itself.
//
// A local ban stands whatever the coordinator says, until it is over or
// settled: then what the coordinator says of its source is all that counts.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/time/time.h"
#include "common/ban.h"

namespace mxban {

class WantedBans {
 public:
  // Bans on what lies within `never_ban` are held, but not counted.
  explicit WantedBans(std::vector<IpNetwork> never_ban)
      : never_ban_(std::move(never_ban)) {}

  // From now on. The bans concerned are the caller's to find.
  void SetNeverBan(std::vector<IpNetwork> never_ban);

  // What the coordinator says of `key`: when it ends, or that it does not
  // stand.
  void Tell(const BanKey& key, std::optional<absl::Time> expire_time);

  // What it tells is complete: that of `revision` in its history.
  void Complete(const std::string& history_id, uint64_t revision);

  // Tells a complete set.
  void Replace(const absl::btree_map<BanKey, absl::Time>& told);

  void ImposeLocally(const StandingBan& ban);

  // The local ban on `key` is settled once `revision` of that history is
  // complete.
  void SettleLocal(const BanKey& key, const std::string& history_id,
                   uint64_t revision);

  // Ends what is over by `now`.
  void Expire(absl::Time now);

  // The bans that have changed since the last call.
  absl::btree_set<BanKey> TakeChanged() { return std::exchange(changed_, {}); }
  size_t changed_count() const { return changed_.size(); }

  const absl::btree_map<BanKey, absl::Time>& bans() const { return bans_; }
  const std::string& history_id() const { return history_id_; }
  uint64_t revision() const { return revision_; }  // 0: never complete.

  // When the next ban ends; infinite if none does.
  absl::Time NextExpiry() const;

  // How many end by `time`.
  size_t EndingBy(absl::Time time) const;

  // How many bans are not spared, in `jail` and altogether.
  size_t CountIn(const std::string& jail) const;
  size_t Count() const;

  // Whether `source` lies in what is never banned here.
  bool IsSpared(const IpNetwork& source) const;

 private:
  struct LocalBan {
    absl::Time expire_time;
    std::optional<absl::Time> told;  // When the coordinator lets it end.
    std::string history_id;          // Of what settles it; empty: nothing yet.
    uint64_t revision = 0;
  };

  void DropSettled();
  void Set(const BanKey& key, absl::Time expire_time);
  void Erase(const BanKey& key);

  std::vector<IpNetwork> never_ban_;
  std::string history_id_;
  uint64_t revision_ = 0;
  absl::btree_map<BanKey, absl::Time> bans_;  // The later of both ends.
  absl::btree_map<BanKey, LocalBan> local_bans_;
  std::set<std::pair<absl::Time, BanKey>> by_expiry_;
  absl::btree_map<std::string, size_t> counts_;  // Not spared, by jail.
  absl::btree_set<BanKey> changed_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_WANTED_BANS_H_
