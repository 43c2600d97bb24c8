#include "tests/cluster/simulation/server.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace mxban::simulation {
namespace {

constexpr absl::Duration kSoon = absl::Milliseconds(1);

// When nothing stirs a thread still looks, here rarely.
constexpr absl::Duration kIdle = absl::Minutes(5);
constexpr absl::Duration kIdleEnd = absl::Hours(2);

}  // namespace

Server::Server(Agenda& agenda, Random& random,
               SimulatedCoordinator& coordinator, Options options)
    : agenda_(agenda),
      random_(random),
      options_(std::move(options)),
      clock_(agenda),
      log_(options_.directory + "/mail.log", clock_),
      link_(agenda, random, coordinator, options_.number) {}

Server::~Server() {
  if (is_up()) Die();
}

void Server::Start() {
  absl::StatusOr<std::unique_ptr<AgentCore>> core = AgentCore::Open(
      {.state_dir = options_.directory + "/state",
       .log_paths = {{kTally, {log_.path()}}, {kLogin, {log_.path()}}},
       .never_ban = {options_.never_ban, {}},
       .outbox_capacity = options_.outbox_capacity,
       .small_journal = options_.small_journal,
       .uptime = [this] { return Uptime(); }},
      kernel_, clock_);
  if (!core.ok()) return options_.complain(core.status().ToString());
  core_ = *std::move(core);
  is_poll_planned_ = is_look_planned_ = is_step_planned_ = false;
  is_upkeep_planned_ = false;
  core_->outbox().SetCallbacks([this] { link_.OnFailure(); },
                               [this] { PlanPoll(kSoon); });
  core_->enforcer().SetReportCallback(
      [this](const Enforcer::Report& report) { link_.OnReport(report); });
  agenda_.Note(absl::StrCat("mx", options_.number, " starts, revision ",
                            core_->enforcer().held_revision().second));
  CheckMemory();
  link_.SetAgent(*core_, {.on_update =
                              [this] {
                                PlanPoll(kSoon);
                                PlanStep(kSoon);
                              },
                          .on_answer = [this] { PlanLook(); },
                          .on_handed_over =
                              [this](uint64_t revision) {
                                handed_over_revision_ = revision;
                              },
                          .on_alone =
                              [this](bool is_alone) {
                                core_->SetAlone(is_alone);
                                PlanStep(kSoon);
                              },
                          .complain = options_.complain});
  PlanPoll(kSoon);
  PlanStep(kSoon);
}

void Server::Die() {
  Remember();
  link_.TakeAgent();
  core_.reset();
  agenda_.Note(absl::StrCat("mx", options_.number, " dies"));
}

void Server::LosePower() {
  if (is_up()) Die();
  (void)kernel_.Remove();
  const std::string journal = options_.directory + "/state/bans";
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(journal, error);
  if (error || random_.OneIn(2)) return;
  std::filesystem::resize_file(journal, size - random_.Below(size + 1), error);
  memory_.reset();  // It may have forgotten.
}

void Server::Remember() {
  const Enforcer::Statistics statistics = core_->enforcer().statistics();
  memory_ = {
      core_->enforcer().held_revision(),
      statistics.error.empty() && core_->local_bans().statistics().bans == 0 &&
          // Those handed over are on no disk until they come back.
          core_->enforcer().held_revision().second >= handed_over_revision_ &&
          statistics.enforced_revision == statistics.wanted_revision,
      StateOfKernel()};
}

void Server::CheckMemory() {
  if (!memory_.has_value()) return;
  const Memory memory = *std::exchange(memory_, std::nullopt);
  if (core_->enforcer().held_revision() != memory.held) {
    return options_.complain(absl::StrCat(
        "mx", options_.number, " was told revision ", memory.held.second,
        " and knows ", core_->enforcer().held_revision().second));
  }
  if (!memory.is_enforced || memory.held.second == 0) return;
  // Until a coordinator answers an agent that starts believes its clock.
  if (clock_.is_wrong()) return;
  kernel_.FailOnce(absl::OkStatus());  // Not this time.
  core_->enforcer().Step();
  const FirewallState now = StateOfKernel();
  for (const auto& [chain, state] : memory.kernel) {
    for (const auto& [source, end] : state.bans) {
      if (end.value_or(absl::InfiniteFuture()) <
          clock_.TimeNow() + absl::Seconds(3)) {
        continue;
      }
      const auto found = now.find(chain);
      if (found == now.end() || !found->second.bans.contains(source)) {
        options_.complain(absl::StrCat("mx", options_.number,
                                       " does not refuse ", source.ToString(),
                                       " any more after a restart"));
      }
    }
  }
}

void Server::OnLogWritten() { PlanPoll(random_.Between(kSoon, kLongestPoll)); }

void Server::SetClock(absl::Duration error) {
  clock_.set_error(error);
  if (is_up()) PlanUpkeep();
}

void Server::Save() {
  if (is_up()) core_->Save();
}

void Server::FlushKernel() {
  kernel_.FlushedByOperator();
  // Once a second somebody looks.
  if (is_up()) {
    agenda_.After(random_.Between(absl::Seconds(1), absl::Seconds(2)), core_,
                  [this] { Step(); });
  }
}

void Server::FailKernelOnce() {
  kernel_.FailOnce(absl::UnavailableError("the lock is held"));
}

void Server::PlanPoll(absl::Duration delay) {
  if (!is_up() || std::exchange(is_poll_planned_, true)) return;
  agenda_.After(delay, core_, [this] {
    is_poll_planned_ = false;
    Poll();
  });
}

// The reader looks anyway once a second: there may be room again for what it
// had to pass over.
void Server::PlanLook() {
  if (std::exchange(is_look_planned_, true)) return;
  agenda_.After(absl::Seconds(1), core_, [this] {
    is_look_planned_ = false;
    PlanPoll(kSoon);
  });
}

void Server::PlanStep(absl::Duration delay) {
  if (!is_up() || std::exchange(is_step_planned_, true)) return;
  agenda_.After(delay, core_, [this] {
    is_step_planned_ = false;
    Step();
  });
}

void Server::Poll() {
  core_->reader().Poll();
  if (random_.OneIn(4)) core_->reader().FindLogs();
  std::set<std::string> names;
  for (const auto& [key, position] : core_->reader().SafePositions()) {
    names.insert(key.second);
  }
  if (names != known_names_ && options_.saves_names) Save();
  known_names_ = std::move(names);
  agenda_.Note(absl::StrCat("mx", options_.number, " reads, ",
                            core_->outbox().size(), " wait"));
  PlanStep(kSoon);
  PlanUpkeep();
  agenda_.After(random_.Between(kIdle, kIdleEnd), core_,
                [this, polls = ++polls_] {
                  if (polls == polls_) PlanPoll(kSoon);
                });
}

// By a clock that nobody sets.
absl::Duration Server::Uptime() const {
  return agenda_.TimeNow() - absl::UnixEpoch();
}

// As Agent looks after things once a second.
void Server::PlanUpkeep() {
  if (std::exchange(is_upkeep_planned_, true)) return;
  agenda_.After(random_.Between(absl::Seconds(1), absl::Seconds(30)), core_,
                [this] {
                  is_upkeep_planned_ = false;
                  core_->local_bans().Step();
                  link_.HandOver();
                  PlanStep(kSoon);
                  if (core_->local_bans().statistics().bans > 0) PlanUpkeep();
                });
}

void Server::Step() {
  const absl::Duration wait =
      core_->enforcer().Step() - core_->fleet_clock().TimeNow();
  const bool is_wrong = !core_->enforcer().statistics().error.empty();
  if (is_wrong || wait < absl::Seconds(1)) {
    return PlanStep(std::max(wait, kSoon));
  }
  agenda_.After(random_.Between(kIdle, kIdleEnd), core_,
                [this, steps = ++steps_] {
                  if (steps == steps_) PlanStep(kSoon);
                });
}

bool Server::is_settled() const {
  if (!is_up() || core_->outbox().size() > 0 ||
      core_->local_bans().statistics().bans > 0) {
    return false;
  }
  const Enforcer::Statistics statistics = core_->enforcer().statistics();
  return statistics.error.empty() &&
         statistics.enforced_revision == statistics.wanted_revision;
}

FirewallState Server::StateOfKernel() {
  // A kernel counts down by itself, whatever the clock shows.
  return *kernel_.Inspect(InspectDepth::kRulesAndBans, agenda_.TimeNow());
}

}  // namespace mxban::simulation
