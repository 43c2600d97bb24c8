#include "agent/firewall/firewall_server.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// So many of the banned may go on talking while requests come in, and so long:
// until there has been no request for a moment, or for a while anyway.
constexpr size_t kMaxBanished = 1000;
constexpr std::chrono::milliseconds kMoment{100};
constexpr std::chrono::milliseconds kWhile{500};

// So many are remembered whose rules could not be made to stand.
constexpr size_t kMaxUncut = 1u << 20;

}  // namespace

FirewallServer::FirewallServer(Firewall& firewall, FirewallChannel channel)
    : firewall_(firewall), channel_(std::move(channel)) {
  absl::StatusOr<SessionCutter> cutter = SessionCutter::Open();
  if (cutter.ok()) {
    cutter_.emplace(*std::move(cutter));
  } else {
    spdlog::warn("sessions of the banned end only with their next packet: {}",
                 std::string(cutter.status().message()));
  }
}

absl::Status FirewallServer::Serve() {
  while (true) {
    // A backend may be found, and begin to tell news, at any request.
    pollfd watched[] = {{channel_.requests.get(), POLLIN, 0},
                        {firewall_.news(), POLLIN, 0}};
    const int ready = poll(watched, 2, Patience());
    if (ready < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(errno, "cannot wait for requests");
    }
    if (watched[1].revents != 0) LookAtNews();
    if (watched[0].revents != 0) {
      const absl::Status status = Receive();
      if (!status.ok()) CutSessions();  // Nobody else will.
      if (absl::IsUnavailable(status)) return absl::OkStatus();
      RETURN_IF_ERROR(status);
    }
    if (ready == 0 || banished_count_ >= kMaxBanished ||
        std::chrono::steady_clock::now() >= cut_by_) {
      CutSessions();
    }
  }
}

int FirewallServer::Patience() const {
  return may_cut_ ? static_cast<int>(kMoment.count()) : -1;
}

absl::Status FirewallServer::Receive() {
  do {
    ASSIGN_OR_RETURN(const absl::string_view message,
                     receiver_.Receive(channel_.requests.get()));
    ASSIGN_OR_RETURN(const std::optional<FirewallRequest> request,
                     reader_.Take(message));
    if (request.has_value()) RETURN_IF_ERROR(Answer(*request));
  } while (receiver_.has_more());
  return absl::OkStatus();
}

absl::Status FirewallServer::Answer(const FirewallRequest& request) {
  const FirewallAnswer answer = Do(request);
  MessageSender sender(channel_.requests.get());
  if (!WriteFirewallAnswer(
          answer,
          [&](absl::string_view message) { return sender.Send(message); }) ||
      !sender.Flush()) {
    return absl::UnavailableError("the other half of the agent is gone");
  }
  LookAtNews();
  Banish(request, answer.status);
  return absl::OkStatus();
}

FirewallAnswer FirewallServer::Do(const FirewallRequest& request) {
  FirewallAnswer answer;
  switch (request.kind) {
    case FirewallRequest::Kind::kApply:
      answer.status = firewall_.Apply(request.changes, request.now);
      for (const JailRules& rules : request.changes.jails) {
        rules_[rules.name] = rules;
      }
      for (const std::string& jail : request.changes.removed_jails) {
        rules_.erase(jail);
      }
      break;
    case FirewallRequest::Kind::kInspect: {
      absl::StatusOr<FirewallState> state =
          firewall_.Inspect(request.depth, request.now);
      answer.status = state.status();
      if (!state.ok()) break;
      rules_.clear();
      for (const auto& [name, jail] : *state) rules_[name] = jail.rules;
      answer.state = *std::move(state);
      break;
    }
    case FirewallRequest::Kind::kRemove:
      answer.status = firewall_.Remove();
      break;
  }
  answer.backend = firewall_.name();
  return answer;
}

void FirewallServer::LookAtNews() {
  if (!firewall_.SomebodyChanged()) return;
  const char ring = 0;
  // If the pipe is full the other half has not heard the rings before yet.
  (void)!write(channel_.news.get(), &ring, sizeof(ring));
}

void FirewallServer::Banish(const FirewallRequest& request,
                            const absl::Status& status) {
  if (!cutter_.has_value() || firewall_.name() == "none" ||
      request.kind != FirewallRequest::Kind::kApply) {
    return;
  }
  Spare(request.changes.lifted);
  for (const FirewallBan& ban : request.changes.imposed) {
    if (ban.expire_time > request.now) Banish(ban.jail, ban.source);
  }
  if (!status.ok()) {
    // Without the rule the client would be back at once: another time.
    may_cut_ = false;
    if (banished_count_ > kMaxUncut) {
      banished_.clear();
      banished_count_ = 0;
    }
    return;
  }
  BanishAll(request.changes.jails, request.now);
  if (!may_cut_) cut_by_ = std::chrono::steady_clock::now() + kWhile;
  may_cut_ = !banished_.empty();
}

void FirewallServer::BanishAll(const std::vector<JailRules>& jails,
                               absl::Time now) {
  if (jails.empty()) return;
  const absl::StatusOr<FirewallState> state =
      firewall_.Inspect(InspectDepth::kRulesAndBans, now);
  if (!state.ok()) return;  // The next look will say so.
  for (const JailRules& rules : jails) {
    const auto jail = state->find(rules.name);
    if (jail == state->end()) continue;
    for (const auto& [source, end] : jail->second.bans) {
      Banish(rules.name, source);
    }
  }
}

// Whoever is pardoned before the cut keeps what runs.
void FirewallServer::Spare(const std::vector<FirewallBan>& lifted) {
  if (banished_.empty() || lifted.empty()) return;
  std::set<std::pair<std::string, IpNetwork>> spared;
  for (const FirewallBan& ban : lifted) spared.insert({ban.jail, ban.source});
  for (auto& entry : banished_) {
    std::erase_if(entry.second, [&](const IpNetwork& source) {
      return spared.contains({entry.first, source});
    });
  }
}

void FirewallServer::Banish(const std::string& jail, const IpNetwork& source) {
  banished_[jail].push_back(source);
  ++banished_count_;
}

void FirewallServer::CutSessions() {
  if (!may_cut_) return;
  may_cut_ = false;
  banished_count_ = 0;
  absl::Status status;
  for (const auto& [jail, sources] : std::exchange(banished_, {})) {
    const auto rules = rules_.find(jail);
    if (rules == rules_.end()) continue;
    const absl::StatusOr<size_t> cut = cutter_->Cut(rules->second, sources);
    status.Update(cut.status());
    if (cut.ok() && *cut > 0) {
      spdlog::info("{}: ended {} running sessions of the banned", jail, *cut);
    }
  }
  const bool fails = !status.ok();
  if (fails && !cutting_fails_) {
    spdlog::warn("sessions of the banned end only with their next packet: {}",
                 std::string(status.message()));
  }
  cutting_fails_ = fails;
}

}  // namespace mxban
