#include "agent/failure_outbox.h"

#include <algorithm>

namespace mxban {

namespace {

// Where a batch that begins at `begin` ends: what one line tells stays
// together, and all of a line goes if it alone has too much.
size_t EndOfBatch(const std::deque<Finding>& findings, size_t begin,
                  size_t max_findings) {
  size_t end = begin;
  while (end < findings.size()) {
    size_t next = end + 1;
    while (next < findings.size() &&
           EndOffsetOf(findings[next]) == EndOffsetOf(findings[end])) {
      ++next;
    }
    if (end > begin && next - begin > max_findings) break;
    end = next;
  }
  return end;
}

void AddTo(FailureBatch& batch, const Finding& finding) {
  if (const auto* failure = std::get_if<Failure>(&finding)) {
    batch.failures.push_back(*failure);
  } else {
    batch.right_logins.push_back(std::get<RightLogin>(finding));
  }
}

}  // namespace

void FailureOutbox::SetCallbacks(std::function<void()> on_failure,
                                 std::function<void()> on_room) {
  on_failure_ = std::move(on_failure);
  on_room_ = std::move(on_room);
}

bool FailureOutbox::Add(const std::string& jail, const std::string& log_id,
                        std::vector<Finding> findings) {
  {
    absl::MutexLock lock(&mutex_);
    Lane& lane = lanes_[{jail, log_id}];
    const uint64_t known_to = lane.findings.empty()
                                  ? lane.acknowledged
                                  : EndOffsetOf(lane.findings.back());
    // A log may be read again.
    if (findings.empty() || EndOffsetOf(findings[0]) <= known_to) return true;
    // Even the line with the most failures fits an empty outbox.
    if (size_ > 0 && size_ + findings.size() > capacity_) {
      refused_ = true;
      return false;
    }
    size_ += findings.size();
    added_ += findings.size();
    std::move(findings.begin(), findings.end(),
              std::back_inserter(lane.findings));
  }
  if (on_failure_ != nullptr) on_failure_();
  return true;
}

std::optional<FailureBatch> FailureOutbox::Take(size_t max_findings) {
  absl::MutexLock lock(&mutex_);
  auto next = lanes_.upper_bound(last_taken_);
  for (size_t i = 0; i < lanes_.size(); ++i, ++next) {
    if (next == lanes_.end()) next = lanes_.begin();
    auto& [key, lane] = *next;
    if (lane.sent == lane.findings.size()) continue;
    const size_t end = EndOfBatch(lane.findings, lane.sent, max_findings);
    FailureBatch batch = {key.first, key.second};
    for (; lane.sent < end; ++lane.sent) AddTo(batch, lane.findings[lane.sent]);
    last_taken_ = key;
    return batch;
  }
  return std::nullopt;
}

void FailureOutbox::Acknowledge(const std::string& jail,
                                const std::string& log_id, uint64_t offset) {
  bool has_room = false;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = lanes_.find({jail, log_id});
    if (found == lanes_.end()) return;
    Lane& lane = found->second;
    lane.acknowledged = std::max(lane.acknowledged, offset);
    while (!lane.findings.empty() &&
           EndOffsetOf(lane.findings.front()) <= offset) {
      lane.findings.pop_front();
      lane.sent -= std::min<size_t>(lane.sent, 1);
      --size_;
    }
    has_room = std::exchange(refused_, false);
  }
  if (on_acknowledged_ != nullptr) on_acknowledged_(jail, log_id, offset);
  if (has_room && on_room_ != nullptr) on_room_();
}

void FailureOutbox::Rewind() {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, lane] : lanes_) lane.sent = 0;
}

bool FailureOutbox::IsAcknowledged(const std::string& jail,
                                   const std::string& log_id,
                                   uint64_t offset) const {
  absl::MutexLock lock(&mutex_);
  const auto found = lanes_.find({jail, log_id});
  return found != lanes_.end() && found->second.acknowledged >= offset;
}

void FailureOutbox::ForgetLog(const std::string& jail,
                              const std::string& log_id) {
  absl::MutexLock lock(&mutex_);
  lanes_.erase({jail, log_id});
}

bool FailureOutbox::HasRoom() const {
  absl::MutexLock lock(&mutex_);
  return size_ <= capacity_ / 2;
}

bool FailureOutbox::IsSettled(const std::string& jail,
                              const std::string& log_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = lanes_.find({jail, log_id});
  return found == lanes_.end() || found->second.findings.empty();
}

absl::btree_map<FailureOutbox::Key, uint64_t> FailureOutbox::acknowledged()
    const {
  absl::MutexLock lock(&mutex_);
  absl::btree_map<Key, uint64_t> offsets;
  for (const auto& [key, lane] : lanes_) offsets[key] = lane.acknowledged;
  return offsets;
}

size_t FailureOutbox::size() const {
  absl::MutexLock lock(&mutex_);
  return size_;
}

FailureOutbox::Tally FailureOutbox::tally() const {
  absl::MutexLock lock(&mutex_);
  return {added_, size_};
}

}  // namespace mxban
