#include "bench/soak_faults.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

constexpr char kRenamed[] = "log renamed";
constexpr char kTruncated[] = "log truncated";

constexpr absl::Duration kInterval = absl::Seconds(1);

// To read, to report and to enforce what has gathered.
constexpr absl::Duration kAftermath = absl::Seconds(1);

}  // namespace

// What was lost on the way, TCP sends again after as long as it has waited.
const std::vector<SoakFaults::Kind>& SoakFaults::Kinds() {
  using Self = SoakFaults&;
  using Name = const std::string&;
  static const auto* const kinds = new std::vector<Kind>{
      {"agent killed",
       4,
       absl::Seconds(3),
       {},
       false,
       [](Self self, Name server) {
         self.fleet_.Kill(server);
         return self.Restart(server);
       }},
      {"enforcing half killed",
       4,
       absl::Seconds(3),
       {},
       false,
       [](Self self, Name server) {
         self.fleet_.KillEnforcingHalf(server);
         return self.Restart(server);
       }},
      {"agent stopped",
       4,
       absl::Seconds(8),
       {},
       false,
       [](Self self, Name server) -> Heal {
         self.fleet_.Freeze(server);
         return [&self, server] { self.fleet_.Thaw(server); };
       }},
      {"cut off", 3, absl::Seconds(25), absl::Seconds(1), false,
       [](Self self, Name server) -> Heal {
         self.fleet_.CutOff(server);
         return [&self, server] { self.fleet_.Reconnect(server); };
       }},
      {"loss", 3, absl::Seconds(10), absl::Seconds(1), false,
       [](Self self, Name server) -> Heal {
         self.fleet_.Disturb(server);
         return [&self, server] { self.fleet_.Calm(server); };
       }},
      {"rules flushed",
       3,
       {},
       {},
       false,
       [](Self self, Name server) { return self.FlushRules(server); }},
      {kRenamed,
       3,
       {},
       {},
       false,
       [](Self self, Name server) {
         return self.RotateSoon(server, kRenamed);
       }},
      {kTruncated,
       3,
       {},
       {},
       false,
       [](Self self, Name server) {
         return self.RotateSoon(server, kTruncated);
       }},
      {"coordinator killed",
       1,
       absl::Seconds(3),
       {},
       true,
       [](Self self, Name) {
         self.fleet_.Kill(FaultyFleet::kCoordinator);
         return self.Restart(FaultyFleet::kCoordinator);
       }},
      {"coordinator stopped", 1, absl::Seconds(4), absl::Seconds(1), true,
       [](Self self, Name) -> Heal {
         self.fleet_.Freeze(FaultyFleet::kCoordinator);
         return [&self] { self.fleet_.Thaw(FaultyFleet::kCoordinator); };
       }},
  };
  return *kinds;
}

SoakFaults::SoakFaults(FaultyFleet& fleet, FaultLog& log, Options options)
    : fleet_(fleet), log_(log), options_(options), random_(options.seed) {}

void SoakFaults::Tick(absl::Time now) {
  std::erase_if(faults_, [&](const Fault& fault) {
    if (fault.end > now) return false;
    End(fault, now);
    return true;
  });
  Rotate(now);
  if (now < next_) return;
  next_ = now + kInterval;
  Strike(now);
}

void SoakFaults::HealAll(absl::Time now) {
  for (const Fault& fault : faults_) End(fault, now);
  faults_.clear();
  rotating_.clear();
}

void SoakFaults::Strike(absl::Time now) {
  const Kind& kind = RandomKind();
  const auto& servers = fleet_.servers();
  Fault fault = {&kind,
                 kind.is_coordinators ? FaultyFleet::kCoordinator
                                      : servers[random_() % servers.size()],
                 now, now, nullptr};
  // A log can be rotated whatever its agent suffers.
  const bool is_rotation = kind.name == kRenamed || kind.name == kTruncated;
  if (Suffers(fault.victim) && !(is_rotation && options_.rotate_anytime)) {
    return;
  }
  fault.end += kind.longest * std::uniform_real_distribution<>(0.2)(random_);
  ++counts_[kind.name];
  for (const std::string& server : Affected(fault)) {
    log_.Begin(server, kind.name, now);
  }
  fault.heal = kind.strike(*this, fault.victim);
  faults_.push_back(std::move(fault));
}

const SoakFaults::Kind& SoakFaults::RandomKind() {
  int sum = 0;
  for (const Kind& kind : Kinds()) sum += kind.weight;
  int roll = static_cast<int>(random_() % sum);
  for (const Kind& kind : Kinds()) {
    if ((roll -= kind.weight) < 0) return kind;
  }
  return Kinds().back();
}

bool SoakFaults::Suffers(const std::string& victim) const {
  return rotating_.contains(victim) ||
         std::any_of(faults_.begin(), faults_.end(), [&](const Fault& fault) {
           return fault.victim == victim;
         });
}

std::vector<std::string> SoakFaults::Affected(const Fault& fault) const {
  if (fault.kind->is_coordinators) return fleet_.servers();
  return {fault.victim};
}

void SoakFaults::End(const Fault& fault, absl::Time now) {
  fault.heal();
  const absl::Duration aftermath =
      kAftermath + fault.kind->aftermath_per_second *
                       absl::ToDoubleSeconds(fault.end - fault.begin);
  for (const std::string& server : Affected(fault)) {
    log_.End(server, fault.kind->name, now, aftermath);
  }
}

void SoakFaults::Rotate(absl::Time now) {
  std::erase_if(rotating_, [&](const auto& rotation) {
    const auto& [server, kind] = rotation;
    if (!options_.rotate_anytime && !fleet_.IsSettled(server)) return false;
    log_.Begin(server, kind, now);
    kind == kTruncated ? fleet_.CopyAndTruncate(server) : fleet_.Rename(server);
    log_.End(server, kind, now, kAftermath);
    return true;
  });
}

SoakFaults::Heal SoakFaults::Restart(const std::string& name) {
  return [this, name] { fleet_.Start(name); };
}

SoakFaults::Heal SoakFaults::FlushRules(const std::string& server) {
  const std::string commands[] = {
      "iptables-legacy -w -F", "iptables-legacy -w -D INPUT 1",
      absl::StrCat("ipset flush ", FaultyFleet::kSet)};
  // Fails where there is nothing to flush yet.
  fleet_.lab().Shell(
      server, absl::StrCat("XTABLES_LOCKFILE=", fleet_.LockOf(server), " ",
                           commands[random_() % 3]));
  return [] {};
}

SoakFaults::Heal SoakFaults::RotateSoon(const std::string& server,
                                        const std::string& kind) {
  rotating_[server] = kind;
  return [] {};
}

}  // namespace mxban
