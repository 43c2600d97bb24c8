#include "common/grpc_timers.h"

#include <chrono>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpc/event_engine/event_engine.h"

namespace mxban {

using grpc_event_engine::experimental::EndpointConfig;
using grpc_event_engine::experimental::EventEngine;
using grpc_event_engine::experimental::MemoryAllocator;
using grpc_event_engine::experimental::MemoryAllocatorFactory;
using Clock = std::chrono::steady_clock;

// What is to be done, by the time when, in the order in which it came.
class GrpcTimers::Tasks {
 public:
  using Task = absl::AnyInvocable<void()>;
  using Key = std::pair<Clock::time_point, intptr_t>;

  Key Add(Clock::duration after, Task task) {
    absl::MutexLock lock(&mutex_);
    const Key key = {Clock::now() + after, ++last_number_};
    const auto added = tasks_.emplace(key, std::move(task)).first;
    if (added == tasks_.begin()) changed_.Signal();
    return key;
  }

  bool Remove(const Key& key) {
    Task removed;  // Goes without the lock: who knows what goes with it.
    absl::MutexLock lock(&mutex_);
    const auto found = tasks_.find(key);
    if (found == tasks_.end()) return false;
    removed = std::move(found->second);
    tasks_.erase(found);
    return true;
  }

  void RunAll() {
    while (true) {
      Task task;
      if (!AwaitNext(task)) return;
      task();
    }
  }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }

 private:
  // False at the end.
  bool AwaitNext(Task& task) {
    absl::MutexLock lock(&mutex_);
    while (!stopping_) {
      if (tasks_.empty()) {
        changed_.Wait(&mutex_);
        continue;
      }
      const auto next = tasks_.begin();
      const Clock::duration left = next->first.first - Clock::now();
      if (left <= Clock::duration::zero()) {
        task = std::move(next->second);
        tasks_.erase(next);
        return true;
      }
      changed_.WaitWithTimeout(&mutex_, absl::FromChrono(left));
    }
    return false;
  }

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::map<Key, Task> tasks_ ABSL_GUARDED_BY(mutex_);
  intptr_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

class GrpcTimers::Engine final : public EventEngine {
 public:
  explicit Engine(std::shared_ptr<Tasks> tasks) : tasks_(std::move(tasks)) {}

  void Run(Closure* closure) override { RunAfter(Duration::zero(), closure); }
  void Run(absl::AnyInvocable<void()> closure) override {
    RunAfter(Duration::zero(), std::move(closure));
  }
  TaskHandle RunAfter(Duration when, Closure* closure) override {
    return RunAfter(when, [closure] { closure->Run(); });
  }
  TaskHandle RunAfter(Duration when,
                      absl::AnyInvocable<void()> closure) override {
    const Tasks::Key key = tasks_->Add(when, std::move(closure));
    return {key.first.time_since_epoch().count(), key.second};
  }
  bool Cancel(TaskHandle handle) override {
    return tasks_->Remove(
        {Clock::time_point(Clock::duration(handle.keys[0])), handle.keys[1]});
  }

  // Nothing of this is used in gRPC 1.51.
  bool IsWorkerThread() override { return false; }
  absl::StatusOr<std::unique_ptr<Listener>> CreateListener(
      Listener::AcceptCallback, absl::AnyInvocable<void(absl::Status)>,
      const EndpointConfig&, std::unique_ptr<MemoryAllocatorFactory>) override {
    return absl::UnimplementedError("no engine for connections");
  }
  ConnectionHandle Connect(OnConnectCallback on_connect, const ResolvedAddress&,
                           const EndpointConfig&, MemoryAllocator,
                           Duration) override {
    Run([done = std::move(on_connect)]() mutable {
      done(absl::UnimplementedError("no engine for connections"));
    });
    return {0, 0};
  }
  bool CancelConnect(ConnectionHandle) override { return false; }
  std::unique_ptr<DNSResolver> GetDNSResolver(
      const DNSResolver::ResolverOptions&) override {
    return nullptr;
  }

 private:
  const std::shared_ptr<Tasks> tasks_;
};

GrpcTimers::GrpcTimers()
    : tasks_(std::make_shared<Tasks>()), thread_([this] { tasks_->RunAll(); }) {
  grpc_event_engine::experimental::SetEventEngineFactory(
      [tasks = tasks_] { return std::make_unique<Engine>(tasks); });
}

GrpcTimers::~GrpcTimers() {
  grpc_event_engine::experimental::EventEngineFactoryReset();
  tasks_->Stop();
  thread_.join();
}

}  // namespace mxban
