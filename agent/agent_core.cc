#include "agent/agent_core.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/update.h"
#include "common/errno_text.h"
#include "common/name_lookup.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

absl::Status MakeStateDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--state_dir: cannot create ", path, ": ", error.message()));
  }
  if (access(path.c_str(), W_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state_dir: ", path, " cannot be written by user ",
                     geteuid(), ": ", ErrnoText(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AgentCore>> AgentCore::Open(
    const Options& options, Firewall& firewall, const Clock& clock) {
  RETURN_IF_ERROR(MakeStateDirectory(options.state_dir));
  std::unique_ptr<AgentCore> core(new AgentCore(options, firewall, clock));
  core->RestoreUpdates();
  return core;
}

AgentCore::AgentCore(const Options& options, Firewall& firewall,
                     const Clock& clock)
    : firewall_(firewall),
      clock_(clock),
      positions_path_(absl::StrCat(options.state_dir, "/positions")),
      saved_positions_(ReadPositions(positions_path_)),
      outbox_(options.outbox_capacity),
      reader_(outbox_, clock,
              LogReader::Options{.positions = saved_positions_,
                                 .log_paths = options.log_paths,
                                 .own_addresses = OwnAddresses()}),
      enforcer_(firewall, clock, options.never_ban),
      journal_(absl::StrCat(options.state_dir, "/bans"),
               options.small_journal) {}

v1::Subscription AgentCore::Subscription() const {
  v1::Subscription subscription;
  const auto [history_id, revision] = enforcer_.held_revision();
  subscription.set_history_id(history_id);
  subscription.set_known_revision(revision);
  subscription.set_agent_version(kVersion);
  subscription.set_firewall(firewall_.name());
  return subscription;
}

absl::Status AgentCore::OnUpdate(const v1::WatchResponse& update) {
  RETURN_IF_ERROR(Apply(update));
  const absl::Status kept = journal_.Append(update, clock_.TimeNow());
  if (!kept.ok()) {
    spdlog::error("a start without coordinator would not know the bans: {}",
                  std::string(kept.message()));
  }
  return absl::OkStatus();
}

void AgentCore::SavePositions() {
  LogPositions positions = reader_.SafePositions();
  if (positions == saved_positions_) return;
  const absl::Status written = WritePositions(positions_path_, positions);
  if (!written.ok()) {
    spdlog::error("{}", std::string(written.message()));
    return;
  }
  saved_positions_ = std::move(positions);
}

absl::Status AgentCore::Apply(const v1::WatchResponse& update) {
  return ApplyUpdate(update, enforcer_, [this](std::vector<Jail> jails) {
    reader_.SetJails(std::move(jails));
  });
}

void AgentCore::RestoreUpdates() {
  const absl::Status restored = journal_.Replay(
      [this](const v1::WatchResponse& update) { return Apply(update); });
  if (!restored.ok()) {
    spdlog::warn(
        "not all that was known can be enforced before a coordinator "
        "answers: {}",
        std::string(restored.message()));
  }
  const uint64_t revision = enforcer_.held_revision().second;
  if (revision != 0) {
    spdlog::info("enforcing what the coordinator said last, revision {}",
                 revision);
  }
}

}  // namespace mxban
