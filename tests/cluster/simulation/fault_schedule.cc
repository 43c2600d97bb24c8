#include "tests/cluster/simulation/fault_schedule.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/cluster/simulation/world.h"

namespace mxban::simulation {
namespace {

// In memory where that is possible: a schedule syncs hundreds of times.
std::string MakeDirectory() {
  std::string path =
      access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::getenv("TEST_TMPDIR");
  path += "/mxban-simulation-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

constexpr absl::Duration kLong = absl::Hours(24 * 30);

// What a schedule is about.
struct Flavour {
  Limits limits;
  absl::Duration longest_gap;
  size_t most_steps = 0;  // Before the world comes to rest.
};

Flavour SomeFlavour(Random& random) {
  const size_t max_retry = 1 + random.Below(5);
  switch (random.Below(3)) {
    case 0:  // Bans for ever, failures that always count.
      return {{max_retry, kLong, absl::InfiniteDuration()}, absl::Hours(3), 40};
    case 1:  // Bans that end.
      return {
          {max_retry, kLong, random.Between(absl::Minutes(1), absl::Hours(48))},
          absl::Hours(3),
          40};
    default:  // Failures that soon count no more, but arrive in time.
      return {
          {max_retry, absl::Hours(6), absl::Hours(8)}, absl::Minutes(4), 30};
  }
}

class Schedule {
 public:
  Schedule(uint64_t seed, const FaultKinds& kinds, const std::string& directory)
      : kinds_(kinds),
        dice_(~seed),
        flavour_(SomeFlavour(dice_)),
        world_(seed, flavour_.limits, directory,
               kinds.copytruncate || kinds.compression),
        is_rotating_(world_.server_count()) {
    AddSteps();
  }

  void Run() {
    const size_t rounds = 1 + dice_.Below(2);
    for (size_t i = 0; i < rounds && world_.complaints().empty(); ++i) {
      for (size_t n = 10 + dice_.Below(flavour_.most_steps); n > 0; --n) {
        Wait(dice_.OneIn(3) ? flavour_.longest_gap : absl::Seconds(10));
        TakeStep();
      }
      world_.Settle();
      world_.Compare();
      Wait(2 * flavour_.limits.find_time < kLong ? 2 * flavour_.limits.find_time
                                                 : flavour_.longest_gap);
    }
  }

  World& world() { return world_; }

 private:
  struct Step {
    size_t weight;
    std::function<void(int server)> take;
  };

  void Wait(absl::Duration longest) {
    Agenda& agenda = world_.agenda();
    agenda.RunUntil(agenda.TimeNow() +
                    dice_.Between(absl::Milliseconds(1), longest));
  }

  void TakeStep() {
    size_t weights = 0;
    for (const Step& step : steps_) weights += step.weight;
    size_t drawn = dice_.Below(weights);
    auto step = steps_.begin();
    while (drawn >= step->weight) drawn -= step++->weight;
    step->take(static_cast<int>(dice_.Below(world_.server_count())));
  }

  void Add(size_t weight, std::function<void(int server)> take) {
    steps_.push_back({weight, std::move(take)});
  }

  void AddSteps() {
    AddLogSteps();
    AddDeaths();
    AddNetworkSteps();
    AddOperatorSteps();
    AddKernelSteps();
  }

  void AddLogSteps() {
    Add(30, [this](int i) {
      for (size_t n = 1 + dice_.Below(4); n > 0; --n) world_.Attack(i);
    });
    // What a right login forgives is known for certain where who reaches the
    // limit is banned.
    if (flavour_.limits.ban_time > flavour_.limits.find_time) {
      Add(5, [this](int i) { world_.LogIn(i); });
    }
    Add(8, [this](int i) { world_.Chat(i); });
    Add(6, [this](int i) { world_.Attack(i, /*is_torn=*/true); });
    Add(3, [this](int i) { Mend(i); });
    Add(6, [this](int i) { Rotate(i); });
    Add(6, [this](int i) { Reopen(i); });
    if (kinds_.copytruncate) Add(4, [this](int i) { CopyAndTruncate(i); });
    if (kinds_.compression) {
      Add(3, [this](int i) { world_.server(i).log().Compress(); });
    }
  }

  void AddDeaths() {
    Add(5, [this](int i) {
      if (MayDie(i)) world_.server(i).Die();
    });
    Add(1, [this](int i) {
      if (MayDie(i)) world_.server(i).LosePower();
    });
    Add(8, [this](int i) {
      if (!world_.server(i).is_up()) world_.server(i).Start();
    });
    Add(10, [this](int i) { world_.server(i).Save(); });
    Add(3, [this](int) { world_.KillCoordinator(); });
    Add(8, [this](int) {
      if (!world_.coordinator().is_up()) world_.coordinator().Start();
    });
    Add(2, [this](int) { world_.coordinator().SetDiskFull(true); });
    Add(4, [this](int) { world_.coordinator().SetDiskFull(false); });
  }

  void AddNetworkSteps() {
    Add(4, [this](int i) { world_.server(i).link().Partition(); });
    Add(8, [this](int i) { world_.server(i).link().Heal(); });
    Add(6, [this](int i) { world_.server(i).link().Cut(); });
  }

  void AddOperatorSteps() {
    Add(2, [this](int) { world_.Impose(); });
    Add(3, [this](int) { world_.Pardon(); });
    Add(2, [this](int) {
      Limits limits = flavour_.limits;
      limits.max_retry = 1 + dice_.Below(5);
      world_.Reload(limits);
    });
  }

  void AddKernelSteps() {
    Add(2, [this](int i) { world_.server(i).FlushKernel(); });
    Add(1, [this](int i) { world_.server(i).FailKernelOnce(); });
    if (kinds_.clock_steps) {
      Add(3, [this](int i) {
        const absl::Duration error = absl::Hours(1) * (int(dice_.Below(3)) - 1);
        world_.server(i).SetClock(error);
      });
    }
  }

  void Mend(int i) {
    world_.server(i).log().Mend();
    world_.server(i).OnLogWritten();
  }

  void Rotate(int i) {
    ServerLog& log = world_.server(i).log();
    if (log.must_reopen() || !MayRotate(i)) return;
    is_rotating_[i] = !kinds_.rotation_any_time;
    log.Rotate();
    world_.agenda().Note(absl::StrCat("mx", i, " rotates"));
    world_.server(i).OnLogWritten();
  }

  void Reopen(int i) {
    ServerLog& log = world_.server(i).log();
    if (!log.must_reopen()) return;
    log.Reopen();
    world_.agenda().Note(absl::StrCat("mx", i, " reopens its log"));
  }

  void CopyAndTruncate(int i) {
    ServerLog& log = world_.server(i).log();
    if (log.must_reopen() || !MayRotate(i)) return;
    log.CopyAndTruncate();
    world_.agenda().Note(absl::StrCat("mx", i, " copies and truncates"));
    world_.server(i).OnLogWritten();
  }

  // What is in a log when it is renamed is lost today if its agent is not there
  // to read it to its end, or has not opened it yet.
  bool MayRotate(int i) {
    if (kinds_.rotation_any_time) return true;
    const Server& server = world_.server(i);
    if (!server.is_up() || server.log().is_new()) return false;
    world_.agenda().RunUntil(world_.agenda().TimeNow() + Server::kLongestPoll);
    return world_.truth().MissingOf(i) == 0 && !IsRotating(i);
  }

  bool MayDie(int i) { return world_.server(i).is_up() && !IsRotating(i); }

  bool IsRotating(int i) {
    if (!world_.server(i).log().must_reopen() &&
        world_.truth().MissingOf(i) == 0) {
      is_rotating_[i] = false;
    }
    return is_rotating_[i];
  }

  const FaultKinds kinds_;
  Random dice_;
  const Flavour flavour_;
  World world_;
  std::vector<bool> is_rotating_;
  std::vector<Step> steps_;
};

}  // namespace

Outcome RunSchedule(uint64_t seed, const FaultKinds& kinds) {
  const std::string directory = MakeDirectory();
  Outcome outcome;
  {
    Schedule schedule(seed, kinds, directory);
    World& world = schedule.world();
    const absl::Time begin = world.agenda().TimeNow();
    schedule.Run();
    outcome.complaints = world.complaints();
    outcome.trace_hash = world.agenda().trace_hash();
    outcome.failures = world.truth().Counting().size();
    outcome.bans = world.truth().StandingAt(world.agenda().TimeNow()).size();
    outcome.days = absl::ToDoubleHours(world.agenda().TimeNow() - begin) / 24;
  }
  std::filesystem::remove_all(directory);
  return outcome;
}

}  // namespace mxban::simulation
