#include "tests/cluster/simulation/link.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/cluster/simulation/agent_end.h"
#include "tests/cluster/simulation/coordinator_end.h"
#include "tests/cluster/simulation/wire.h"

namespace mxban::simulation {
namespace {

// As agent/coordinator_link has them.
constexpr absl::Duration kShortestPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(30);

// After so long a partition each end notices by keep-alive.
constexpr absl::Duration kKeepAlive = absl::Seconds(10);
constexpr absl::Duration kKeepAliveEnd = absl::Seconds(20);

}  // namespace

// One connection; lives until both ends are closed and nothing is under way.
class Link::Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Link& link) : link_(link) {}

  // The rest of construction: what needs a shared_ptr to this.
  void Open() {
    MakeWires();
    coordinator_end_.emplace(
        link_.agenda_, link_.coordinator_, link_.server_,
        CoordinatorEnd::Callbacks{
            [this](std::string bytes) { answers_->Send(std::move(bytes)); },
            [this](std::string bytes) { updates_->Send(std::move(bytes)); },
            [this](std::string bytes) { outcomes_->Send(std::move(bytes)); },
            [this] { return updates_->has_room(); },
            [this] { Later([this] { CloseAtCoordinator(); }); },
            link_.callbacks_.complain});
    const int batch_size = 1 + static_cast<int>(link_.random_.Below(10));
    agent_end_.emplace(
        *link_.core_, batch_size,
        AgentEnd::Callbacks{
            [this](std::string bytes) { batches_->Send(std::move(bytes)); },
            [this](std::string bytes) { requests_->Send(std::move(bytes)); },
            [this](std::string bytes) { bans_->Send(std::move(bytes)); },
            link_.callbacks_.on_handed_over,
            [this] { link_.callbacks_.on_alone(false); },
            link_.callbacks_.on_update, link_.callbacks_.on_answer,
            link_.callbacks_.complain});
    agent_end_->Open();
  }

  std::optional<AgentEnd>& agent_end() { return agent_end_; }
  bool is_over() const {
    return !agent_end_.has_value() && !coordinator_end_.has_value();
  }

  // The agent hears and says nothing any more. What it has said still arrives,
  // or some of it.
  void CloseAtAgent() {
    if (!agent_end_.has_value()) return;
    agent_end_.reset();
    for (Wire* wire : Downward()) wire->Close();
    for (Wire* wire : Upward()) wire->Cut();
    if (link_.core_ != nullptr) link_.callbacks_.on_alone(true);
    After(NoticeDelay(), [this] { CloseAtCoordinator(); });
    link_.PlanConnect();
  }

  void CloseAtCoordinator() {
    if (!coordinator_end_.has_value()) return;
    coordinator_end_.reset();
    for (Wire* wire : Upward()) wire->Close();
    for (Wire* wire : Downward()) wire->Cut();
    After(NoticeDelay(), [this] { CloseAtAgent(); });
  }

  void Pump() {
    if (coordinator_end_.has_value()) coordinator_end_->Pump();
  }

  void Break() {
    for (Wire* wire : Upward()) wire->Cut();
    for (Wire* wire : Downward()) wire->Cut();
    PlanToNotice();
  }

  void SetHeld(bool is_held) {
    for (Wire* wire : Upward()) wire->SetHeld(is_held);
    for (Wire* wire : Downward()) wire->SetHeld(is_held);
    ++holds_;
    if (is_held) PlanKeepAlive();
  }

 private:
  std::vector<Wire*> Upward() const {
    return {batches_.get(), requests_.get(), bans_.get()};
  }
  std::vector<Wire*> Downward() const {
    return {answers_.get(), updates_.get(), outcomes_.get()};
  }

  std::unique_ptr<Wire> MakeWire(
      std::function<void(const std::string&)> receive,
      std::function<void()> on_room = [] {}) {
    auto wire = std::make_unique<Wire>(
        link_.agenda_, link_.random_, weak_from_this(),
        Wire::Ends{std::move(receive), std::move(on_room)});
    wire->SetHeld(link_.is_partitioned_);
    return wire;
  }

  // Hands what arrives to a member of an end, while there is that end.
  template <typename End>
  auto To(std::optional<End>& end, void (End::*receive)(const std::string&)) {
    return [&end, receive](const std::string& bytes) {
      if (end.has_value()) (*end.*receive)(bytes);
    };
  }

  void MakeWires() {
    batches_ = MakeWire(To(coordinator_end_, &CoordinatorEnd::ReceiveBatch));
    requests_ = MakeWire(To(coordinator_end_, &CoordinatorEnd::ReceiveRequest));
    bans_ = MakeWire(To(coordinator_end_, &CoordinatorEnd::ReceiveBans));
    answers_ = MakeWire(To(agent_end_, &AgentEnd::ReceiveAnswer));
    updates_ =
        MakeWire(To(agent_end_, &AgentEnd::ReceiveUpdate), [this] { Pump(); });
    outcomes_ = MakeWire(To(agent_end_, &AgentEnd::ReceiveHandedOver));
  }

  void After(absl::Duration delay, std::function<void()> act) {
    link_.agenda_.After(delay, weak_from_this(), std::move(act));
  }
  void Later(std::function<void()> act) {
    After(absl::ZeroDuration(), std::move(act));
  }

  // How long it takes until an end knows that the other has closed.
  absl::Duration NoticeDelay() {
    return link_.is_partitioned_ || link_.random_.OneIn(8)
               ? link_.random_.Between(kKeepAlive, kKeepAliveEnd)
               : link_.random_.Between(absl::Milliseconds(1),
                                       absl::Milliseconds(500));
  }

  void PlanToNotice() {
    After(NoticeDelay(), [this] { CloseAtAgent(); });
    After(NoticeDelay(), [this] { CloseAtCoordinator(); });
  }

  // Both ends notice, unless the partition is over by then.
  void PlanKeepAlive() {
    const auto notice = [this](void (Connection::*close)()) {
      After(link_.random_.Between(kKeepAlive, kKeepAliveEnd),
            [this, close, hold = holds_] {
              if (hold == holds_) (this->*close)();
            });
    };
    notice(&Connection::CloseAtAgent);
    notice(&Connection::CloseAtCoordinator);
  }

  Link& link_;
  int holds_ = 0;  // How often it was held or released.
  std::unique_ptr<Wire> batches_, requests_, bans_;     // To the coordinator.
  std::unique_ptr<Wire> answers_, updates_, outcomes_;  // To the agent.
  std::optional<CoordinatorEnd> coordinator_end_;
  std::optional<AgentEnd> agent_end_;
};

Link::Link(Agenda& agenda, Random& random, SimulatedCoordinator& coordinator,
           int server)
    : agenda_(agenda),
      random_(random),
      coordinator_(coordinator),
      server_(server) {}

Link::~Link() = default;

void Link::SetAgent(AgentCore& core, Callbacks callbacks) {
  core_ = &core;
  callbacks_ = std::move(callbacks);
  pause_ = kShortestPause;
  PlanConnect();
}

void Link::TakeAgent() {
  core_ = nullptr;
  for (const auto& connection : connections_) connection->CloseAtAgent();
}

void Link::TakeCoordinator() {
  for (const auto& connection : connections_) connection->CloseAtCoordinator();
}

void Link::OnFailure() {
  if (connections_.empty()) return;
  auto& end = connections_.back()->agent_end();
  if (end.has_value()) end->Pump();
}

void Link::OnTurn() {
  for (const auto& connection : connections_) connection->Pump();
}

void Link::HandOver() {
  if (connections_.empty()) return;
  auto& end = connections_.back()->agent_end();
  if (end.has_value()) end->HandOver();
}

void Link::OnReport(const Enforcer::Report& report) {
  if (connections_.empty()) return;
  auto& end = connections_.back()->agent_end();
  if (end.has_value()) end->Acknowledge(report);
}

void Link::Partition() {
  if (std::exchange(is_partitioned_, true)) return;
  for (const auto& connection : connections_) connection->SetHeld(true);
}

void Link::Heal() {
  if (!std::exchange(is_partitioned_, false)) return;
  for (const auto& connection : connections_) connection->SetHeld(false);
}

void Link::Cut() {
  for (const auto& connection : connections_) connection->Break();
}

void Link::PlanConnect() {
  if (core_ == nullptr || std::exchange(is_planned_, true)) return;
  // A coordinator that lets us in only to refuse is no better than none.
  if (agenda_.TimeNow() - connected_ > kLongestPause) pause_ = kShortestPause;
  connected_ = absl::InfiniteFuture();
  const absl::Duration pause = random_.Between(pause_ / 2, pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
  agenda_.After(pause, life_, [this] {
    is_planned_ = false;
    Connect();
  });
}

void Link::Connect() {
  std::erase_if(connections_,
                [](const auto& connection) { return connection->is_over(); });
  if (core_ == nullptr) return;
  if (!connections_.empty() && connections_.back()->agent_end().has_value()) {
    return;
  }
  if (is_partitioned_ || !coordinator_.is_up()) {
    callbacks_.on_alone(true);
    return PlanConnect();
  }
  connected_ = agenda_.TimeNow();
  connections_.push_back(std::make_shared<Connection>(*this));
  connections_.back()->Open();
  agenda_.Note(absl::StrCat("mx", server_, " connects"));
}

}  // namespace mxban::simulation
