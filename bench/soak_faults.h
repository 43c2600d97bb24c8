#ifndef MXBAN_BENCH_SOAK_FAULTS_H_
#define MXBAN_BENCH_SOAK_FAULTS_H_

// Does something to a fleet every second: deaths, processes that stand still,
// the network cut or lossy, rules flushed, logs rotated. A server suffers one
// fault at a time, the coordinator's beside it.
//
// Thread-compatible.

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/fault_log.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {

class SoakFaults {
 public:
  struct Options {
    uint32_t seed = 0;
    // Rotate logs whether they are read or not. Otherwise a log that is to be
    // rotated is not written to until all in it is acknowledged.
    bool rotate_anytime = false;
  };

  // Both must outlive this.
  SoakFaults(FaultyFleet& fleet, FaultLog& log, Options options);

  // Ends what is over, and does the next thing if it is time to.
  void Tick(absl::Time now);

  // Ends everything.
  void HealAll(absl::Time now);

  // Whether nothing may be written to its log now.
  bool IsHeldBack(const std::string& server) const {
    return rotating_.contains(server);
  }

  // How many of each kind there were.
  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  using Heal = std::function<void()>;

  // What can be done to a victim, and for how long.
  struct Kind {
    std::string name;
    int weight;
    absl::Duration longest;
    absl::Duration aftermath_per_second;  // Of its length.
    bool is_coordinators;
    // Does it; returns what ends it.
    std::function<Heal(SoakFaults&, const std::string& victim)> strike;
  };

  struct Fault {
    const Kind* kind;
    std::string victim;
    absl::Time begin;
    absl::Time end;
    Heal heal;
  };

  static const std::vector<Kind>& Kinds();

  void Strike(absl::Time now);
  const Kind& RandomKind();
  bool Suffers(const std::string& victim) const;
  std::vector<std::string> Affected(const Fault& fault) const;
  void End(const Fault& fault, absl::Time now);
  void Rotate(absl::Time now);
  Heal Restart(const std::string& name);
  Heal FlushRules(const std::string& server);
  Heal RotateSoon(const std::string& server, const std::string& kind);

  FaultyFleet& fleet_;
  FaultLog& log_;
  const Options options_;
  std::mt19937 random_;
  absl::Time next_ = absl::InfinitePast();
  std::vector<Fault> faults_;
  std::map<std::string, std::string> rotating_;  // How, by server.
  std::map<std::string, int> counts_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_SOAK_FAULTS_H_
