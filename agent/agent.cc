#include "agent/agent.h"

#include <cstdint>
#include <utility>

#include "agent/never_ban.h"
#include "common/hourly.h"
#include "common/slewed_clock.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// What is read again after a crash; duplicates cost time, no more.
constexpr absl::Duration kUpkeepInterval = absl::Seconds(1);

// How often the certificate of the coordinator is looked at again.
constexpr int kStepsBetweenChecks = 15;

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(
    const Options& options, std::unique_ptr<Firewall> firewall,
    const Clock& clock) {
  std::unique_ptr<Agent> agent(new Agent(options, std::move(firewall)));
  RETURN_IF_ERROR(agent->Build(clock));
  RETURN_IF_ERROR(agent->core_->reader().Start());
  agent->core_->enforcer().Start();
  agent->link_->Start();
  agent->upkeep_thread_ =
      std::thread([a = agent.get(), &clock] { a->LookAfter(clock); });
  return agent;
}

Agent::~Agent() {
  http_server_.reset();
  never_ban_watch_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (upkeep_thread_.joinable()) upkeep_thread_.join();
  if (core_ != nullptr) core_->reader().Stop();
  if (link_ != nullptr) link_->Stop();
  if (core_ != nullptr) {
    core_->enforcer().Stop();
    core_->Save();
  }
  if (options_.flush_on_exit && firewall_ != nullptr) {
    const absl::Status removed = firewall_->Remove();
    if (!removed.ok()) {
      spdlog::error("cannot take our rules away: {}",
                    std::string(removed.message()));
    }
  }
}

absl::Status Agent::Build(const Clock& clock) {
  ASSIGN_OR_RETURN(NeverBan never_ban,
                   NeverBan::Create(options_.never_ban, options_.coordinators));
  const NeverBan::Networks networks = never_ban.Look();
  ASSIGN_OR_RETURN(core_, AgentCore::Open({.state_dir = options_.state_dir,
                                           .log_paths = options_.log_paths,
                                           .never_ban = networks,
                                           .uptime = Uptime},
                                          *firewall_, clock));
  never_ban_watch_ = std::make_unique<NeverBanWatch>(
      std::move(never_ban), networks,
      [this](const NeverBan::Networks& now) { core_->SetNeverBan(now); });
  CoordinatorLink::Options link = {
      .coordinators = options_.coordinators,
      .tls = nullptr,
      .server_name = options_.server_name,
  };
  tls_ = std::make_unique<ClientTls>(options_.tls, options_.insecure, clock);
  link.tls = tls_.get();
  for (const std::string& coordinator : options_.coordinators) {
    RETURN_IF_ERROR(tls_->Credentials(coordinator).status());
  }
  expiry_watch_ = std::make_unique<ExpiryWatch>(options_.tls);
  link_ = std::make_unique<CoordinatorLink>(*core_, std::move(link));
  core_->outbox().SetCallbacks([this] { link_->OnFailure(); },
                               [this] { core_->reader().Wake(); });
  metrics_ = std::make_unique<AgentMetrics>(*core_, *link_, *expiry_watch_);
  if (options_.http_listen.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(http_server_,
                   HttpServer::Start(options_.http_listen, *metrics_,
                                     [this] { return Readiness(); }));
  return absl::OkStatus();
}

absl::Status Agent::Readiness() const {
  const Enforcer::Statistics statistics = core_->enforcer().statistics();
  if (!statistics.error.empty()) {
    return absl::UnavailableError(statistics.error);
  }
  if (statistics.enforced_revision == 0) {
    return absl::UnavailableError("no coordinator has told what to enforce");
  }
  return absl::OkStatus();
}

void Agent::LookAfter(const Clock& clock) {
  uint64_t last_steps = 0;
  Hourly insecure;
  for (int step = 1;; ++step) {
    const absl::Time now = clock.TimeNow();
    expiry_watch_->Step(now);
    if (options_.insecure && insecure.IsDue(now)) {
      spdlog::warn(
          "--insecure: the coordinator is believed without a certificate");
    }
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kUpkeepInterval);
      if (stopping_) return;
    }
    core_->local_bans().Step();
    link_->HandOver();
    if (step % kStepsBetweenChecks == 0) link_->CheckCoordinator();
    core_->Save();
    const uint64_t steps = core_->enforcer().statistics().steps;
    if (steps != last_steps) options_.on_alive();
    last_steps = steps;
  }
}

}  // namespace mxban
