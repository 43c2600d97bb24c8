#include "agent/agent_core.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/local_ban_file.h"
#include "agent/update.h"
#include "common/errno_text.h"
#include "common/private_directory.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

absl::Status MakeStateDirectory(const std::string& path) {
  const absl::Status kept =
      KeepPrivate({.path = path,
                   .private_files = {"bans", "positions", "local_bans"},
                   .other_files = {}});
  if (!kept.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state_dir: ", kept.message()));
  }
  if (access(path.c_str(), W_OK) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state_dir: ", path, " cannot be written by user ",
                     geteuid(), ": ", ErrnoText(errno)));
  }
  return absl::OkStatus();
}

void LogError(const absl::Status& status) {
  if (!status.ok()) spdlog::error("{}", std::string(status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<AgentCore>> AgentCore::Open(
    const Options& options, Firewall& firewall, const Clock& clock) {
  RETURN_IF_ERROR(MakeStateDirectory(options.state_dir));
  std::unique_ptr<AgentCore> core(new AgentCore(options, firewall, clock));
  core->RestoreUpdates();
  core->RestoreLocalBans();
  return core;
}

AgentCore::AgentCore(const Options& options, Firewall& firewall,
                     const Clock& clock)
    : firewall_(firewall),
      positions_path_(absl::StrCat(options.state_dir, "/positions")),
      local_bans_path_(absl::StrCat(options.state_dir, "/local_bans")),
      saved_positions_(ReadPositions(positions_path_)),
      clock_(clock),
      mark_{clock.TimeNow()},
      checkpoint_time_(mark_.time),
      fleet_clock_(clock, options.uptime),
      outbox_(options.outbox_capacity),
      enforcer_(firewall, fleet_clock_, options.never_ban.all),
      local_bans_(outbox_, enforcer_, fleet_clock_),
      reaction_times_(local_bans_, options.uptime),
      reader_(
          outbox_, reaction_times_, clock,
          LogReader::Options{.positions = saved_positions_,
                             .log_paths = options.log_paths,
                             .own_addresses = options.never_ban.own_addresses}),
      journal_(absl::StrCat(options.state_dir, "/bans"),
               options.small_journal) {
  outbox_.SetOnAcknowledged([this](const std::string& jail,
                                   const std::string& log_id, uint64_t offset) {
    reaction_times_.OnAcknowledged(jail, log_id, offset);
  });
}

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
  if (update.has_coordinator_time()) {
    ASSIGN_OR_RETURN(const absl::Time time,
                     TimestampFromProto(update.coordinator_time()));
    fleet_clock_.Learn(time);
  }
  RETURN_IF_ERROR(Apply(update));
  const absl::Status kept = journal_.Append(update, fleet_clock_.TimeNow());
  if (!kept.ok()) {
    spdlog::error("a start without coordinator would not know the bans: {}",
                  std::string(kept.message()));
  }
  return absl::OkStatus();
}

void AgentCore::SetAlone(bool is_alone) {
  reader_.SetAlone(is_alone);
  local_bans_.SetAlone(is_alone);
}

void AgentCore::SetNeverBan(const NeverBan::Networks& never_ban) {
  enforcer_.SetNeverBan(never_ban.all);
  reader_.SetOwnAddresses(never_ban.own_addresses);
}

void AgentCore::Save() {
  LogPositions positions = reader_.SafePositions();
  if (positions != saved_positions_) {
    const absl::Status written = WritePositions(positions_path_, positions);
    if (written.ok()) saved_positions_ = std::move(positions);
    LogError(written);
    if (written.ok()) NoteCheckpoint();
  } else {
    NoteCheckpoint();
  }
  // Asked first: what changes meanwhile is saved once more.
  const uint64_t changes = local_bans_.changes();
  if (changes != saved_changes_) {
    const absl::Status written =
        WriteLocalBans(local_bans_path_, local_bans_.bans());
    if (written.ok()) saved_changes_ = changes;
    LogError(written);
  }
}

void AgentCore::NoteCheckpoint() {
  const FailureOutbox::Tally tally = outbox_.tally();
  const absl::Time now = clock_.TimeNow();
  absl::MutexLock lock(&mutex_);
  if (tally.added - tally.waiting < mark_.added) return;
  checkpoint_time_ = mark_.time;
  mark_ = {now, tally.added};
}

absl::Time AgentCore::checkpoint_time() const {
  absl::MutexLock lock(&mutex_);
  return checkpoint_time_;
}

absl::Status AgentCore::Apply(const v1::WatchResponse& update) {
  if (update.has_delta()) {
    reaction_times_.OnDelta(update.delta(), update.revision());
  }
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

void AgentCore::RestoreLocalBans() {
  const absl::StatusOr<std::vector<Ban>> bans = ReadLocalBans(local_bans_path_);
  LogError(bans.status());
  if (!bans.ok()) return;
  local_bans_.Load(*bans);
  saved_changes_ = local_bans_.changes();
}

}  // namespace mxban
