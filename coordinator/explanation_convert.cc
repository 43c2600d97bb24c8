#include "coordinator/explanation_convert.h"

#include <string>

#include "absl/time/time.h"
#include "common/time_convert.h"
#include "coordinator/ban_watch.h"
#include "coordinator/rail_convert.h"
#include "coordinator/verdict_sentence.h"

namespace mxban {
namespace {

constexpr int kMaxServersTold = 1'000;

void AddEnforcement(const AgentRegistry::Enforcement& enforcement,
                    v1::JailVerdict& message) {
  for (const auto& server : enforcement.enforcing) {
    if (message.enforcing_servers_size() == kMaxServersTold) break;
    v1::JailVerdict::EnforcingServer& wire = *message.add_enforcing_servers();
    wire.set_server_name(server.name);
    if (server.since) {
      *wire.mutable_start_time() = TimestampToProto(*server.since);
    }
  }
  for (const std::string& name : enforcement.missing) {
    if (message.missing_servers_size() == kMaxServersTold) break;
    message.add_missing_servers(name);
  }
}

void AddFailure(const StoredFailure& failure, bool is_forgiven,
                v1::JailVerdict& message) {
  v1::JailVerdict::HeldFailure& wire = *message.add_failures();
  *wire.mutable_failure_time() = TimestampToProto(failure.time);
  wire.set_server_name(failure.server);
  wire.set_evidence(failure.evidence);
  wire.set_user(failure.user);
  wire.set_is_forgiven(is_forgiven);
}

void AddLimits(const Jail& jail, v1::JailVerdict& message) {
  message.set_max_retry(jail.max_retry);
  *message.mutable_find_time() = DurationToProto(jail.find_time);
  message.set_min_servers(jail.min_servers);
}

v1::JailVerdict VerdictToProto(const JailVerdict& verdict,
                               const SourceExplanation& explanation,
                               const AgentRegistry& registry) {
  v1::JailVerdict message;
  message.set_jail(verdict.jail.name);
  message.set_summary(
      VerdictSentence(explanation.source, verdict, explanation.time));
  message.set_counted_source(verdict.counted_source.ToString());
  for (const Ban& ban : verdict.bans) {
    *message.add_bans() = BanStatusOf(ban, registry);
  }
  if (!verdict.bans.empty()) {
    AddEnforcement(registry.EnforcementOf(verdict.bans.front()), message);
  }
  if (verdict.held) *message.mutable_held() = HeldBanToProto(*verdict.held);
  for (size_t i = 0; i < verdict.failures.size(); ++i) {
    AddFailure(verdict.failures[i], verdict.are_forgiven[i], message);
  }
  if (verdict.right_login_time) {
    *message.mutable_right_login_time() =
        TimestampToProto(*verdict.right_login_time);
  }
  message.set_failure_count(static_cast<uint32_t>(verdict.failure_count));
  message.set_server_count(static_cast<uint32_t>(verdict.servers.size()));
  AddLimits(verdict.jail, message);
  message.set_previous_ban_count(verdict.previous_ban_count);
  if (verdict.next_ban_time != absl::InfiniteDuration()) {
    *message.mutable_next_ban_time() = DurationToProto(verdict.next_ban_time);
  }
  if (verdict.pardon_time != absl::InfinitePast()) {
    *message.mutable_pardon_time() = TimestampToProto(verdict.pardon_time);
  }
  message.set_ignored_by(verdict.ignored_by);
  return message;
}

}  // namespace

v1::ExplainSourceResponse ExplanationToProto(
    const SourceExplanation& explanation, const AgentRegistry& registry) {
  v1::ExplainSourceResponse message;
  message.set_source(explanation.source.ToString());
  message.set_allowed_by(explanation.allowed_by);
  if (explanation.pause) {
    *message.mutable_pause() = PauseToProto(*explanation.pause);
  }
  for (const JailVerdict& verdict : explanation.verdicts) {
    *message.add_verdicts() = VerdictToProto(verdict, explanation, registry);
  }
  return message;
}

}  // namespace mxban
