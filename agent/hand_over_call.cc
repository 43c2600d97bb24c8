#include "agent/hand_over_call.h"

#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// A coordinator that is slower is asked again.
constexpr std::chrono::seconds kDeadline{10};

// Of bans alone; the rest of the message is small.
constexpr size_t kMaxRequestBytes = kMaxMessageBytes / 2;

}  // namespace

void HandOverCall::Pump() {
  absl::MutexLock lock(&mutex_);
  if (!closed_ && !is_under_way_) is_under_way_ = Begin();
}

bool HandOverCall::Begin() {
  bans_ = local_bans_.ToHandOver(kMaxBansPerHandOver);
  if (bans_.empty()) return false;
  MakeRequest();
  answer_.reset();
  context_.emplace();
  prepare_(*context_);
  context_->set_deadline(std::chrono::system_clock::now() + kDeadline);
  response_.Clear();
  answer_ = stub_.AsyncHandOverBans(&*context_, request_, &calls_.queue());
  answer_->Finish(&response_, &status_, &tag_);
  return true;
}

// Later calls hand over the others.
void HandOverCall::MakeRequest() {
  request_.Clear();
  size_t bytes = 0;
  for (const Ban& ban : bans_) {
    v1::Ban wire = BanToProto(ban);
    bytes += wire.ByteSizeLong();
    if (bytes > kMaxRequestBytes && request_.bans_size() > 0) break;
    *request_.add_bans() = std::move(wire);
  }
  bans_.resize(request_.bans_size());
}

void HandOverCall::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  if (is_under_way_) context_->TryCancel();
  mutex_.Await(absl::Condition(this, &HandOverCall::IsIdle));
}

void HandOverCall::TakeAnswer() {
  std::vector<BanKey> refused;
  for (const v1::LiftedBan& wire : response_.refused()) {
    absl::StatusOr<BanKey> key = LiftedBanFromProto(wire);
    if (key.ok()) refused.push_back(*std::move(key));
  }
  local_bans_.HandedOver(bans_, response_.history_id(), response_.revision(),
                         refused);
  spdlog::info("{} bans of our own are handed over, {} of them refused",
               bans_.size(), refused.size());
}

void HandOverCall::Done(bool /*ok*/) {
  if (status_.ok()) TakeAnswer();
  absl::MutexLock lock(&mutex_);
  if (status_.ok() && !closed_ && Begin()) return;
  is_under_way_ = false;
  const std::string error =
      status_.ok() || closed_ ? "" : status_.error_message();
  if (std::exchange(error_, error) != error && !error.empty()) {
    spdlog::warn("bans of our own are not handed over: {}", error);
  }
}

}  // namespace mxban
