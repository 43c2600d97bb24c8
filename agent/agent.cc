#include "agent/agent.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/never_ban.h"
#include "agent/position_file.h"
#include "agent/update.h"
#include "common/errno_text.h"
#include "common/name_lookup.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// About 50 MB at the longest lines; then the log waits.
constexpr size_t kOutboxCapacity = 50'000;

// What is read again after a crash; duplicates cost time, no more.
constexpr absl::Duration kSaveInterval = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(
    const Options& options, std::unique_ptr<Firewall> firewall,
    const Clock& clock) {
  std::unique_ptr<Agent> agent(new Agent(options, std::move(firewall), clock));
  RETURN_IF_ERROR(agent->Build());
  agent->RestoreUpdates();
  RETURN_IF_ERROR(agent->reader_->Start());
  agent->enforcer_->Start();
  agent->link_->Start();
  agent->positions_thread_ =
      std::thread([a = agent.get()] { a->KeepPositions(); });
  return agent;
}

Agent::Agent(const Options& options, std::unique_ptr<Firewall> firewall,
             const Clock& clock)
    : options_(options),
      clock_(clock),
      positions_path_(absl::StrCat(options.state_dir, "/positions")),
      firewall_(std::move(firewall)),
      outbox_(kOutboxCapacity),
      journal_(absl::StrCat(options.state_dir, "/bans")) {}

Agent::~Agent() {
  http_server_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (positions_thread_.joinable()) positions_thread_.join();
  if (reader_ != nullptr) reader_->Stop();
  if (link_ != nullptr) link_->Stop();
  if (enforcer_ != nullptr) enforcer_->Stop();
  if (reader_ != nullptr) SavePositions();
  if (options_.flush_on_exit && firewall_ != nullptr) {
    const absl::Status removed = firewall_->Remove();
    if (!removed.ok()) {
      spdlog::error("cannot take our rules away: {}",
                    std::string(removed.message()));
    }
  }
}

absl::Status Agent::Build() {
  std::error_code error;
  std::filesystem::create_directories(options_.state_dir, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state_dir: cannot create ", options_.state_dir, ": ",
                     error.message()));
  }
  if (access(options_.state_dir.c_str(), W_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--state_dir: ", options_.state_dir, " cannot be written by user ",
        geteuid(), ": ", ErrnoText(errno)));
  }
  ASSIGN_OR_RETURN(std::vector<IpNetwork> never_ban,
                   NeverBanList(options_.never_ban, options_.coordinators));
  CoordinatorLink::Options link = {
      .coordinators = options_.coordinators,
      .credentials = {},
      .server_name = options_.server_name,
      .firewall = [this] { return firewall_->name(); },
  };
  for (const std::string& coordinator : options_.coordinators) {
    ASSIGN_OR_RETURN(
        auto credentials,
        ClientCredentials(coordinator, options_.tls, options_.insecure));
    link.credentials.push_back(std::move(credentials));
  }

  saved_positions_ = ReadPositions(positions_path_);
  reader_ = std::make_unique<LogReader>(
      outbox_, clock_,
      LogReader::Options{.positions = saved_positions_,
                         .log_paths = options_.log_paths,
                         .own_addresses = OwnAddresses()});
  enforcer_ =
      std::make_unique<Enforcer>(*firewall_, clock_, std::move(never_ban));
  link_ = std::make_unique<CoordinatorLink>(
      outbox_, *enforcer_,
      [this](const v1::WatchResponse& update) {
        RETURN_IF_ERROR(OnUpdate(update));
        const absl::Status kept = journal_.Append(update, clock_.TimeNow());
        if (!kept.ok()) {
          spdlog::error(
              "a start without coordinator would not know the bans: {}",
              std::string(kept.message()));
        }
        return absl::OkStatus();
      },
      std::move(link));
  outbox_.SetCallbacks([this] { link_->OnFailure(); },
                       [this] { reader_->Wake(); });
  metrics_ =
      std::make_unique<AgentMetrics>(*reader_, outbox_, *enforcer_, *link_);
  if (options_.http_listen.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(http_server_,
                   HttpServer::Start(options_.http_listen, *metrics_,
                                     [this] { return Readiness(); }));
  return absl::OkStatus();
}

absl::Status Agent::OnUpdate(const v1::WatchResponse& update) {
  return ApplyUpdate(update, *enforcer_, [this](std::vector<Jail> jails) {
    reader_->SetJails(std::move(jails));
  });
}

void Agent::RestoreUpdates() {
  const absl::Status restored = journal_.Replay(
      [this](const v1::WatchResponse& update) { return OnUpdate(update); });
  if (!restored.ok()) {
    spdlog::warn(
        "not all that was known can be enforced before a coordinator "
        "answers: {}",
        std::string(restored.message()));
  }
  const uint64_t revision = enforcer_->held_revision().second;
  if (revision != 0) {
    spdlog::info("enforcing what the coordinator said last, revision {}",
                 revision);
  }
}

absl::Status Agent::Readiness() const {
  const Enforcer::Statistics statistics = enforcer_->statistics();
  if (!statistics.error.empty()) {
    return absl::UnavailableError(statistics.error);
  }
  if (statistics.enforced_revision == 0) {
    return absl::UnavailableError("no coordinator has told what to enforce");
  }
  return absl::OkStatus();
}

void Agent::KeepPositions() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kSaveInterval);
      if (stopping_) return;
    }
    SavePositions();
  }
}

void Agent::SavePositions() {
  LogPositions positions = reader_->SafePositions();
  if (positions == saved_positions_) return;
  const absl::Status written = WritePositions(positions_path_, positions);
  if (!written.ok()) {
    spdlog::error("{}", std::string(written.message()));
    return;
  }
  saved_positions_ = std::move(positions);
}

}  // namespace mxban
