#include "coordinator/operator_rails.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/ban_policy.h"
#include "common/status_macros.h"
#include "coordinator/audit_record.h"
#include "coordinator/effective_jails.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How soon it is tried again to end what could not be ended.
constexpr absl::Duration kRetryInterval = absl::Minutes(1);

}  // namespace

absl::Status OperatorRails::Load(std::shared_ptr<const JailSet> configured,
                                 RailState state) {
  configured_ = std::move(configured);
  state_ = std::make_shared<RailState>(std::move(state));
  jails_ = std::make_shared<JailSet>(EffectiveJails(*configured_, *state_));
  Show();
  return CheckJailSize(*jails_);
}

absl::Status OperatorRails::Configure(
    Turn& turn, std::shared_ptr<const JailSet> configured) {
  return PutInForce(turn, std::move(configured), nullptr);
}

absl::StatusOr<AllowedSource> OperatorRails::Allow(
    Turn& turn, const AllowRequest& request) {
  auto state = std::make_shared<RailState>(StateIn(turn));
  if (!state->allowed.contains(request.source) &&
      state->allowed.size() >= kMaxAllowed) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the allow list is full: ", kMaxAllowed, " sources"));
  }
  AllowedSource allowed = {.source = request.source,
                           .reason = request.reason,
                           .who = request.who,
                           .create_time = turn.now,
                           .expire_time = EndOf(turn.now, request.duration),
                           .networks = request.networks};
  state->allowed[allowed.source] = allowed;
  const absl::Status status = PutInForce(turn, nullptr, std::move(state));
  if (!status.ok()) return absl::ResourceExhaustedError(status.message());
  turn.allowed[allowed.source] = allowed;
  turn.audit.push_back(
      {turn.now, allowed.who, "allow", "", allowed.source, allowed.reason});
  return allowed;
}

absl::StatusOr<AllowedSource> OperatorRails::Disallow(Turn& turn,
                                                      const std::string& source,
                                                      const std::string& who) {
  auto state = std::make_shared<RailState>(StateIn(turn));
  const auto found = state->allowed.find(source);
  if (found == state->allowed.end()) {
    return absl::NotFoundError(source + " is not on the allow list");
  }
  AllowedSource allowed = std::move(found->second);
  state->allowed.erase(found);
  RETURN_IF_ERROR(PutInForce(turn, nullptr, std::move(state)));
  turn.allowed[source].reset();
  turn.audit.push_back({turn.now, who, "disallow", "", source, allowed.reason});
  return allowed;
}

absl::StatusOr<std::vector<AllowedSource>> OperatorRails::Refresh(
    Turn& turn, const Networks& networks) {
  auto state = std::make_shared<RailState>(StateIn(turn));
  std::vector<AllowedSource> changed;
  for (const auto& [source, now_is] : networks) {
    const auto found = state->allowed.find(source);
    if (found == state->allowed.end() || found->second.networks == now_is) {
      continue;
    }
    found->second.networks = now_is;
    changed.push_back(found->second);
  }
  if (changed.empty()) return changed;
  RETURN_IF_ERROR(PutInForce(turn, nullptr, std::move(state)));
  for (const AllowedSource& allowed : changed) {
    turn.allowed[allowed.source] = allowed;
  }
  return changed;
}

absl::Status OperatorRails::SetPause(Turn& turn, std::optional<Pause> pause,
                                     const std::string& who) {
  const std::optional<Pause>& before = StateIn(turn).pause;
  if (!pause && !before) return absl::OkStatus();
  // A second reason does not make it a shorter pause.
  if (pause) pause->start_time = before ? before->start_time : turn.now;
  auto state = std::make_shared<RailState>(StateIn(turn));
  state->pause = pause;
  RETURN_IF_ERROR(PutInForce(turn, nullptr, std::move(state)));
  const std::string reason = pause ? pause->reason : "";
  const bool is_pause = pause.has_value();
  turn.audit.push_back(
      {turn.now, who, is_pause ? "pause" : "resume", "", "", reason});
  turn.pause.emplace(std::move(pause));
  turn.answers.push_back([=](const absl::Status& committed) {
    if (!committed.ok()) return;
    if (is_pause) {
      spdlog::warn("{} has paused enforcement on all servers: {}", who, reason);
    } else {
      spdlog::warn("{} has resumed enforcement on all servers", who);
    }
  });
  return absl::OkStatus();
}

void OperatorRails::Expire(Turn& turn) {
  if (next_expiry_ > turn.now) return;
  auto state = std::make_shared<RailState>(StateIn(turn));
  std::vector<std::string> over;
  for (const auto& [source, allowed] : state->allowed) {
    if (allowed.expire_time <= turn.now) over.push_back(source);
  }
  for (const std::string& source : over) state->allowed.erase(source);
  const absl::Status status = PutInForce(turn, nullptr, std::move(state));
  if (!status.ok()) {
    // What a wide network covered counts by itself without it.
    spdlog::error("allow list: {} stays though its time is over: {}",
                  absl::StrJoin(over, ", "), std::string(status.message()));
    next_expiry_ = turn.now + kRetryInterval;
    return;
  }
  for (const std::string& source : over) {
    turn.allowed[source].reset();
    turn.audit.push_back(
        {turn.now, kMxban, "disallow", "", source, "its time is over"});
  }
}

void OperatorRails::Publish(const Turn& turn) {
  if (turn.jails == nullptr) return;
  configured_ = turn.configured;
  jails_ = turn.jails;
  state_ = turn.rails;
  Show();
}

std::shared_ptr<const RailState> OperatorRails::shown() const {
  absl::MutexLock lock(&mutex_);
  return shown_;
}

absl::Status OperatorRails::PutInForce(
    Turn& turn, std::shared_ptr<const JailSet> configured,
    std::shared_ptr<const RailState> state) {
  if (configured == nullptr) {
    configured = turn.configured ? turn.configured : configured_;
  }
  if (state == nullptr) state = turn.rails ? turn.rails : state_;
  auto jails = std::make_shared<JailSet>(EffectiveJails(*configured, *state));
  RETURN_IF_ERROR(CheckJailSize(*jails));
  if (state != state_) {
    turn.deciding =
        configured == configured_
            ? jails
            : std::make_shared<JailSet>(EffectiveJails(*configured_, *state));
  }
  turn.configured = std::move(configured);
  turn.rails = std::move(state);
  turn.jails = std::move(jails);
  return absl::OkStatus();
}

void OperatorRails::Show() {
  next_expiry_ = absl::InfiniteFuture();
  for (const auto& [source, allowed] : state_->allowed) {
    next_expiry_ = std::min(next_expiry_, allowed.expire_time);
  }
  absl::MutexLock lock(&mutex_);
  shown_ = state_;
}

}  // namespace mxban
