#include "coordinator/ban_watch.h"

#include <utility>
#include <vector>

#include "common/proto_convert.h"
#include "coordinator/slow_reader.h"
#include "grpcpp/server_context.h"

namespace mxban {
namespace {

constexpr size_t kMaxQueued = 10'000;
constexpr size_t kMaxSpreading = 10'000;

}  // namespace

// Writes one response at a time; others wait in a bounded queue.
class BanWatch::Stream final
    : public grpc::ServerWriteReactor<v1::WatchBansResponse> {
 public:
  Stream(BanWatch& watch, grpc::CallbackServerContext& context,
         OpenCalls::Ticket ticket)
      : watch_(watch), ticket_(std::move(ticket)), slow_reader_(context) {
    // Shows the reader that from now on it misses nothing.
    StartSendInitialMetadata();
  }

  void Push(const v1::WatchBansResponse& response) {
    absl::MutexLock lock(&mutex_);
    slow_reader_.CutOffIfStuck(watch_.clock_.TimeNow());
    if (finished_) return;
    if (queue_.size() == kMaxQueued) {
      finished_ = true;
      queue_.erase(queue_.begin() + 1, queue_.end());
      Finish({grpc::RESOURCE_EXHAUSTED, "too slow; some changes are missed"});
      return;
    }
    queue_.push_back(response);
    if (queue_.size() == 1) WriteNext();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    slow_reader_.WriteEnds();
    if (finished_) return;
    if (!ok) {
      finished_ = true;
      Finish(grpc::Status::OK);
      return;
    }
    queue_.pop_front();
    if (!queue_.empty()) WriteNext();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    watch_.Remove(this);
    delete this;
  }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    slow_reader_.WriteBegins(watch_.clock_.TimeNow());
    StartWrite(&queue_.front());
  }

  BanWatch& watch_;
  const OpenCalls::Ticket ticket_;
  absl::Mutex mutex_;
  SlowReader slow_reader_ ABSL_GUARDED_BY(mutex_);
  // The first one is being written. A deque does not move its elements.
  std::deque<v1::WatchBansResponse> queue_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

v1::BanStatus BanStatusOf(const Ban& ban, const AgentRegistry& registry) {
  v1::BanStatus status;
  *status.mutable_ban() = BanToProto(ban);
  const AgentRegistry::Progress progress = registry.ProgressOf(ban);
  v1::EnforcementProgress& message = *status.mutable_progress();
  message.set_enforcing_server_count(
      static_cast<uint32_t>(progress.enforcing_servers));
  message.set_server_count(static_cast<uint32_t>(progress.servers));
  if (progress.slowest.has_value()) {
    *message.mutable_slowest() = DurationToProto(*progress.slowest);
  }
  return status;
}

BanWatch::BanWatch(BanTable& table, AgentRegistry& registry, const Clock& clock)
    : table_(table), registry_(registry), clock_(clock) {
  table_.AddListener(this);
  registry_.SetEnforcedCallback(
      [this](uint64_t revision, absl::Time now) { OnEnforced(revision, now); });
}

BanWatch::~BanWatch() {
  table_.RemoveListener(this);
  registry_.SetEnforcedCallback(nullptr);
}

grpc::ServerWriteReactor<v1::WatchBansResponse>* BanWatch::NewStream(
    grpc::CallbackServerContext& context, OpenCalls::Ticket ticket) {
  Stream* stream = new Stream(*this, context, std::move(ticket));
  absl::MutexLock lock(&mutex_);
  streams_.insert(stream);
  return stream;
}

void BanWatch::OnUpdate(const BanTable::Update& update) {
  for (const BanTable::Change& change : update.changes) {
    switch (change.kind) {
      case BanTable::ChangeKind::kImposed: {
        Tell(v1::WatchBansResponse::CHANGE_IMPOSED, change.ban, update.time);
        absl::MutexLock lock(&mutex_);
        spreading_.push_back(change.ban);
        if (spreading_.size() > kMaxSpreading) spreading_.pop_front();
        break;
      }
      case BanTable::ChangeKind::kPardoned:
        Tell(v1::WatchBansResponse::CHANGE_PARDONED, change.ban, update.time);
        break;
      case BanTable::ChangeKind::kExpired:
        Tell(v1::WatchBansResponse::CHANGE_EXPIRED, change.ban, update.time);
        break;
    }
  }
}

void BanWatch::OnEnforced(uint64_t revision, absl::Time now) {
  std::vector<Ban> enforced;
  {
    absl::MutexLock lock(&mutex_);
    while (!spreading_.empty() && spreading_.front().revision <= revision) {
      enforced.push_back(std::move(spreading_.front()));
      spreading_.pop_front();
    }
  }
  for (const Ban& ban : enforced) {
    Tell(v1::WatchBansResponse::CHANGE_ENFORCED, ban, now);
  }
}

void BanWatch::Tell(v1::WatchBansResponse::Change change, const Ban& ban,
                    absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (streams_.empty()) return;  // Nobody looks, as most of the time.
  }
  v1::WatchBansResponse response;
  response.set_change(change);
  *response.mutable_ban() = BanStatusOf(ban, registry_);
  *response.mutable_change_time() = TimestampToProto(now);
  absl::MutexLock lock(&mutex_);
  for (Stream* stream : streams_) stream->Push(response);
}

void BanWatch::Remove(Stream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace mxban
