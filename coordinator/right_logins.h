#ifndef MXBAN_COORDINATOR_RIGHT_LOGINS_H_
#define MXBAN_COORDINATOR_RIGHT_LOGINS_H_

// The right logins of every jail, over the whole fleet, and whom they forgive
// (common/good_senders.h).
//
// Whoever is forgotten for want of room is forgotten by the turn, too: so the
// store holds no more than this. What such a login forgave counts again when
// the stored failures are counted again.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/good_senders.h"
#include "common/jail.h"
#include "coordinator/ban_table.h"
#include "coordinator/store_records.h"
#include "coordinator/turn.h"

namespace mxban {

class RightLogins {
 public:
  // At most `max_users` are known in each jail.
  explicit RightLogins(size_t max_users) : max_users_(max_users) {}

  // Starts again with `logins`, of those of `jails` that look for any.
  void Load(Turn& turn, const JailSet& jails,
            const std::vector<StoredLogin>& logins);

  // That `user` logged in rightly from the source of `key`, in `jail`. Whether
  // this is news: then failures of that user there are forgiven.
  bool Record(Turn& turn, const Jail& jail, const BanKey& key,
              const std::string& user, absl::Time time);

  // Whether `failure` does not count.
  bool Forgives(const FailureView& failure) const;

  // Whether someone has logged in rightly from the source of `key` lately.
  bool IsGood(const BanKey& key, absl::Time now) const;

  // The newest right login of anyone from the source of `key`.
  std::optional<absl::Time> NewestOf(const BanKey& key) const;

  // How many sources of `jail` are good; of all jails together.
  size_t good_sources(const std::string& jail, absl::Time now) const;
  size_t good_sources(absl::Time now) const;

  // Forgets what forgives nothing any more at `now`.
  void ForgetStale(absl::Time now);

  // For want of room, since the last Load().
  uint64_t evicted_users() const;

 private:
  GoodSenders* SendersOf(absl::string_view jail) const;

  const size_t max_users_;
  absl::flat_hash_map<std::string, std::unique_ptr<GoodSenders>> senders_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RIGHT_LOGINS_H_
