#include "agent/failure_outbox.h"

#include <algorithm>

namespace mxban {

namespace {

// Where a batch that begins at `begin` ends: the failures of one line stay
// together, and all of a line go if it alone has too many.
size_t EndOfBatch(const std::deque<Failure>& failures, size_t begin,
                  size_t max_failures) {
  size_t end = begin;
  while (end < failures.size()) {
    size_t next = end + 1;
    while (next < failures.size() &&
           failures[next].end_offset == failures[end].end_offset) {
      ++next;
    }
    if (end > begin && next - begin > max_failures) break;
    end = next;
  }
  return end;
}

}  // namespace

void FailureOutbox::SetCallbacks(std::function<void()> on_failure,
                                 std::function<void()> on_room) {
  on_failure_ = std::move(on_failure);
  on_room_ = std::move(on_room);
}

bool FailureOutbox::Add(const std::string& jail, const std::string& log_id,
                        std::vector<Failure> failures) {
  {
    absl::MutexLock lock(&mutex_);
    Lane& lane = lanes_[{jail, log_id}];
    const uint64_t known_to = lane.failures.empty()
                                  ? lane.acknowledged
                                  : lane.failures.back().end_offset;
    // A log may be read again.
    if (failures.empty() || failures[0].end_offset <= known_to) return true;
    // Even the line with the most failures fits an empty outbox.
    if (size_ > 0 && size_ + failures.size() > capacity_) {
      refused_ = true;
      return false;
    }
    size_ += failures.size();
    std::move(failures.begin(), failures.end(),
              std::back_inserter(lane.failures));
  }
  if (on_failure_ != nullptr) on_failure_();
  return true;
}

std::optional<FailureBatch> FailureOutbox::Take(size_t max_failures) {
  absl::MutexLock lock(&mutex_);
  auto next = lanes_.upper_bound(last_taken_);
  for (size_t i = 0; i < lanes_.size(); ++i, ++next) {
    if (next == lanes_.end()) next = lanes_.begin();
    auto& [key, lane] = *next;
    if (lane.sent == lane.failures.size()) continue;
    const size_t end = EndOfBatch(lane.failures, lane.sent, max_failures);
    FailureBatch batch = {
        key.first,
        key.second,
        {lane.failures.begin() + lane.sent, lane.failures.begin() + end}};
    lane.sent = end;
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
    while (!lane.failures.empty() &&
           lane.failures.front().end_offset <= offset) {
      lane.failures.pop_front();
      lane.sent -= std::min<size_t>(lane.sent, 1);
      --size_;
    }
    has_room = std::exchange(refused_, false);
  }
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
  return found == lanes_.end() || found->second.failures.empty();
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

}  // namespace mxban
