#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_

// What the fleet must come to know: the reference model, written without any of
// the classes that it judges, for clarity and not for speed.
//
// It knows every line of a login that was written, wrong or right, each by a
// number of its own that the line bears, so what is lost or comes twice is
// known by name. And it is told what the coordinator has promised, in the order
// of the promises: that lines are recorded, that an operator's order is carried
// out. From these it derives, by the rules of the README, which failures count,
// whom right logins forgive, and which bans stand.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "common/ban.h"
#include "common/ip_network.h"

namespace mxban::simulation {

// The jail that counts everything and bans nobody, and the one that bans.
inline constexpr char kTally[] = "tally";
inline constexpr char kLogin[] = "login";

// Somebody whose logins fail.
struct Suspect {
  std::string address;      // As logs have it.
  IpNetwork source;         // As what it is counted.
  bool is_ignored = false;  // By ignoreip.
};

// The limits of kLogin.
struct Limits {
  size_t max_retry = 3;
  absl::Duration find_time;
  absl::Duration ban_time;
  friend bool operator==(const Limits&, const Limits&) = default;
};

class Truth {
 public:
  struct Standing {
    absl::Time expire_time;
    uint32_t failure_count = 0;
    uint32_t previous_ban_count = 0;
    bool is_operators = false;
  };

  // The line of a failure was written, of a login of `user` (empty: of nobody);
  // returns its number, which it must bear as `Serial(number)`.
  uint64_t Write(int server, const Suspect& suspect,
                 const std::string& user = "");

  // The line of a right login was written. For kTally its user must be
  // `Serial(number)`, so that it is known by name.
  uint64_t WriteLogin(int server, const Suspect& suspect);
  static std::string Serial(uint64_t number);

  // The coordinator has said so.
  void Record(int server, const FailureBatch& batch, absl::Time now);
  void Impose(const IpNetwork& source, absl::Duration duration, absl::Time now);
  void Pardon(const IpNetwork& source, absl::Time now);
  // `local` is a ban that a server imposed by itself.
  void TakeOver(const Ban& local, absl::Time now);

  // In force from now on.
  void SetLimits(const Limits& limits) { limits_ = limits; }
  const Limits& limits() const { return limits_; }

  // Lines of `server`, or of all if it is negative, that the coordinator has
  // not recorded for every jail.
  size_t MissingOf(int server) const;
  std::string FirstMissing() const;

  // Numbers of the failures, and of the right logins, that count in kTally.
  std::set<uint64_t> Counting() const;
  std::set<uint64_t> RightLogins() const;

  // When the failures happened that count in kLogin with one at `now`.
  std::map<IpNetwork, std::multiset<absl::Time>> CountingTowardsBans(
      absl::Time now) const;

  // Whether a right login forgives a failure of kLogin: when it happened, and
  // whose it was.
  using Failed = std::pair<absl::Time, std::string>;
  bool IsForgiven(const IpNetwork& source, const Failed& failed) const;

  // The newest right login of each user at each source, in kLogin.
  using Logins = std::map<std::pair<IpNetwork, std::string>, absl::Time>;
  const Logins& newest_logins() const { return logins_; }

  // For how long a right login is good, with these limits.
  static absl::Duration GoodTime(const Limits& limits);

  std::map<IpNetwork, Standing> StandingAt(absl::Time now) const;

  // The number in a line; none if it bears none.
  static std::optional<uint64_t> NumberIn(const std::string& line);

 private:
  struct Line {
    int server;
    IpNetwork source;
    bool is_ignored;
    std::string user;
    bool is_right;
    std::set<std::string> recorded_by;  // Jails.
  };

  uint64_t Add(Line line);
  bool RecordFor(int server, const std::string& jail, uint64_t number);
  void Count(const IpNetwork& source, const Failed& failed, absl::Time now);
  void RecordLogin(int server, const FailureBatch& batch,
                   const RightLogin& login, absl::Time now);
  absl::Time PardonOf(const IpNetwork& source) const;
  void Settle(const IpNetwork& source, Standing decided, absl::Time now);

  Limits limits_;
  std::map<uint64_t, Line> lines_;
  std::map<int, std::set<uint64_t>> missing_;  // By server.
  std::map<IpNetwork, std::multiset<Failed>> held_;
  Logins logins_;
  // Of right logins in kLogin: server, log and offset.
  std::set<std::tuple<int, std::string, uint64_t>> recorded_logins_;
  std::map<IpNetwork, Standing> bans_;  // Some are over.
  std::map<IpNetwork, uint32_t> ban_counts_;
  std::map<IpNetwork, absl::Time> pardons_;  // The last of each.
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_
