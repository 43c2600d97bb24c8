#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_

// What the fleet must come to know: the reference model, written without any of
// the classes that it judges, for clarity and not for speed.
//
// It knows every failure line that was written, each by a number of its own
// that the line bears, so what is lost or comes twice is known by name. And it
// is told what the coordinator has promised, in the order of the promises: that
// failures are recorded, that an operator's order is carried out. From these it
// derives, by the rules of the README, which failures count and which bans
// stand.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

  // A failure line was written; returns its number, which it must bear as
  // `Serial(number)`.
  uint64_t Write(int server, const Suspect& suspect);
  static std::string Serial(uint64_t number);

  // The coordinator has said so.
  void Record(int server, const FailureBatch& batch, absl::Time now);
  void Impose(const IpNetwork& source, absl::Duration duration, absl::Time now);
  void Pardon(const IpNetwork& source, absl::Time now);
  // `local` is a ban that a server imposed by itself.
  void TakeOver(const Ban& local, absl::Time now);

  // In force from now on.
  void SetLimits(const Limits& limits);
  const Limits& limits() const { return limits_; }

  // Failures of `server`, or of all if it is negative, that the coordinator has
  // not recorded for every jail.
  size_t MissingOf(int server) const;
  std::string FirstMissing() const;

  // Numbers of the failures that count in kTally.
  std::set<uint64_t> Counting() const;

  // When the failures happened that count in kLogin with one at `now`.
  std::map<IpNetwork, std::multiset<absl::Time>> CountingTowardsBans(
      absl::Time now) const;

  std::map<IpNetwork, Standing> StandingAt(absl::Time now) const;

  // The number in a line; none if it bears none.
  static std::optional<uint64_t> NumberIn(const std::string& line);

 private:
  struct Line {
    int server;
    IpNetwork source;
    bool is_ignored;
    std::set<std::string> recorded_by;  // Jails.
  };

  void Count(const IpNetwork& source, absl::Time time, absl::Time now);
  // Of a source that is not banned the newest failures are enough.
  void Trim(std::multiset<absl::Time>& times) const;
  absl::Time PardonOf(const IpNetwork& source) const;
  void Settle(const IpNetwork& source, Standing decided, absl::Time now);

  Limits limits_;
  std::map<uint64_t, Line> lines_;
  std::map<int, std::set<uint64_t>> missing_;  // By server.
  std::map<IpNetwork, std::multiset<absl::Time>> times_;
  std::map<IpNetwork, Standing> bans_;  // Some are over.
  std::map<IpNetwork, uint32_t> ban_counts_;
  std::map<IpNetwork, absl::Time> pardons_;  // The last of each.
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_TRUTH_H_
