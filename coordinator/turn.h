#ifndef MXBAN_COORDINATOR_TURN_H_
#define MXBAN_COORDINATOR_TURN_H_

// What one turn of the decision loop is about to change, and whom to answer.
//
// Within a turn later decisions build on earlier ones, so a turn knows what
// stands once it is over. Nothing of it has happened before it is committed.
//
// Thread-compatible.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "coordinator/audit_record.h"
#include "coordinator/ban_table.h"
#include "coordinator/counted_failures.h"
#include "coordinator/failure_report.h"
#include "coordinator/rail_records.h"
#include "coordinator/store_records.h"

namespace mxban {

struct Turn {
  // `table` is what stands before the turn, and must outlive it.
  Turn(const BanTable& table, absl::Time now) : table(table), now(now) {}

  // The ban on `key` that stands once the turn is over.
  std::optional<Ban> Standing(const BanKey& key) const;

  // The bans that then cover `source`, in `jail` or anywhere if it is empty.
  std::vector<Ban> Covering(const IpNetwork& source,
                            const std::string& jail) const;

  // The failures of `key` so far count no more.
  void ForgetFailures(const BanKey& key);

  // Ends `ban`, which then counts as never imposed.
  void Pardon(const Ban& ban);

  // What is left of `stored`, the counts of `key`, after the pardons.
  BanCounts Remembered(const BanKey& key, BanCounts stored) const;

  // Tells the audit log what is done to `key`, by whom and why.
  void Record(absl::string_view who, absl::string_view action,
              const BanKey& key, absl::string_view reason);

  // Has `done` told `value` once the turn is durable, or why it is not.
  template <typename Value>
  void Answer(std::function<void(absl::StatusOr<Value>)> done, Value value) {
    answers.push_back([done = std::move(done), value = std::move(value)](
                          const absl::Status& committed) {
      if (committed.ok()) {
        done(value);
      } else {
        done(committed);
      }
    });
  }

  // Ends the bans whose time is over.
  void Expire();

  // What to make durable; nullopt if there is nothing. Gives the imposed bans
  // their revision.
  std::optional<StoreChange> ToStoreChange();

  // What to make visible after that.
  BanTable::Update ToUpdate() const;

  const BanTable& table;
  const absl::Time now;

  // What was reported, to which the failures refer.
  std::vector<std::shared_ptr<const FailureReport>> reports;
  // New failures that count, or are forgiven.
  CountedFailures counted;
  std::vector<BanKey> forgotten;
  // Of whom some failures are enough.
  absl::flat_hash_map<BanKey, TrimmedFailures> trimmed;
  // The newest of each user at each source.
  absl::flat_hash_map<std::pair<BanKey, std::string>, absl::Time> right_logins;
  absl::flat_hash_map<std::string, absl::Time> forgotten_logins;  // By jail.
  std::vector<LogProgress> progress;
  absl::btree_map<BanKey, Ban> imposed;  // New or extended.
  absl::btree_map<BanKey, BanTable::Change> ended;
  // Held, or held differently; nullopt if no longer.
  absl::btree_map<BanKey, std::optional<HeldBan>> held;
  // Held ones, pardoned though never imposed.
  absl::flat_hash_set<BanKey> dropped;
  // What operators have set, and the jails as configured and as they make
  // them. Null if they stay as they are.
  std::shared_ptr<const RailState> rails;
  std::shared_ptr<const JailSet> configured;
  std::shared_ptr<const JailSet> jails;

  // How the newest of `rails` differs from what is stored: by source, nullopt
  // if it is not allowed any more; and the pause.
  absl::btree_map<std::string, std::optional<AllowedSource>> allowed;
  std::optional<std::optional<Pause>> pause;
  std::optional<Retention> retention;
  std::vector<AuditRecord> audit;  // In the order in which it was decided.

  // Why the turn cannot be committed.
  absl::Status error;

  // Whether counters and positions are other than before the turn.
  bool touches_counts = false;

  // Told how the commit went.
  std::vector<std::function<void(const absl::Status&)>> answers;

  // How many failures were counted, and how many forgiven instead.
  absl::flat_hash_map<std::string, uint64_t> failures_by_jail;
  absl::flat_hash_map<std::string, uint64_t> failures_by_server;
  absl::flat_hash_map<std::string, uint64_t> forgiven_by_jail;
  absl::flat_hash_map<std::string, uint64_t> right_logins_by_jail;

  // How many bans were imposed that no operator asked for.
  absl::flat_hash_map<std::string, uint64_t> imposed_by_jail;

  // How many of them are of good senders.
  absl::flat_hash_map<std::string, uint64_t> good_imposed_by_jail;

  // How many were held, by jail and rail.
  absl::btree_map<std::pair<std::string, std::string>, uint64_t> held_by_rail;

  // By what the rest of the turn decides: what operators set holds at once, a
  // new configuration from the next turn on. Null if nothing was set.
  std::shared_ptr<const JailSet> deciding;

 private:
  // Whether agents must hear of it.
  bool NeedsRevision() const;
  uint64_t Revision() const {
    return table.revision() + (NeedsRevision() ? 1 : 0);
  }
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_TURN_H_
