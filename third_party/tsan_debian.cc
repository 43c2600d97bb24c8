// Tells ThreadSanitizer what Abseil's locks order.
//
// Debian's libabsl is not instrumented, so ThreadSanitizer sees no order where
// a Mutex makes one, and calls what it guards a race. These functions stand in
// front of the library's own and say what they do. gRPC locks by them as well.
//
// Only linked with --config=tsan.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace {

// The library's function; `name` is mangled.
template <typename Function>
Function* Original(const char* name) {
  void* const symbol = dlsym(RTLD_NEXT, name);
  if (symbol == nullptr) {
    std::fprintf(stderr, "libabsl has no %s\n", name);
    std::abort();
  }
  return reinterpret_cast<Function*>(symbol);
}

// What the thread is about to lock or unlock: meanwhile the library may ask
// conditions that were guarded by it.
thread_local void* current_mutex = nullptr;

// Around a wait: others have the lock in between.
class Unlocked {
 public:
  explicit Unlocked(void* mutex) : mutex_(mutex) {
    current_mutex = mutex;
    __tsan_release(mutex);
  }
  ~Unlocked() { __tsan_acquire(mutex_); }

 private:
  void* const mutex_;
};

}  // namespace

extern "C" const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}

extern "C" const char* __tsan_default_suppressions() {
  return "race:grpc::\n"
         "race:google::protobuf\n"
         "race:libgrpc\n"
         "race:libupb\n"
         "race:libabsl\n";
}

#define MXBAN_ABSL "_ZN4absl7debian3"
#define MXBAN_CONDITION "RKNS0_9ConditionE"

namespace absl {

void Mutex::Lock() {
  static auto* const original =
      Original<void(Mutex*)>(MXBAN_ABSL "5Mutex4LockEv");
  current_mutex = this;
  original(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static auto* const original =
      Original<void(Mutex*)>(MXBAN_ABSL "5Mutex6UnlockEv");
  current_mutex = this;
  __tsan_release(this);
  original(this);
}

bool Mutex::TryLock() {
  static auto* const original =
      Original<bool(Mutex*)>(MXBAN_ABSL "5Mutex7TryLockEv");
  const bool locked = original(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  static auto* const original =
      Original<void(Mutex*)>(MXBAN_ABSL "5Mutex10ReaderLockEv");
  current_mutex = this;
  original(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static auto* const original =
      Original<void(Mutex*)>(MXBAN_ABSL "5Mutex12ReaderUnlockEv");
  current_mutex = this;
  __tsan_release(this);
  original(this);
}

void Mutex::Await(const Condition& condition) {
  static auto* const original = Original<void(Mutex*, const Condition*)>(
      MXBAN_ABSL "5Mutex5AwaitE" MXBAN_CONDITION);
  const Unlocked unlocked(this);
  original(this, &condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const original =
      Original<bool(Mutex*, const Condition*, Duration)>(
          MXBAN_ABSL "5Mutex16AwaitWithTimeoutE" MXBAN_CONDITION
                     "NS0_8DurationE");
  const Unlocked unlocked(this);
  return original(this, &condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const original = Original<bool(Mutex*, const Condition*, Time)>(
      MXBAN_ABSL "5Mutex17AwaitWithDeadlineE" MXBAN_CONDITION "NS0_4TimeE");
  const Unlocked unlocked(this);
  return original(this, &condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const original = Original<void(Mutex*, const Condition*)>(
      MXBAN_ABSL "5Mutex8LockWhenE" MXBAN_CONDITION);
  current_mutex = this;
  original(this, &condition);
  __tsan_acquire(this);
}

bool Condition::Eval() const {
  static auto* const original =
      Original<bool(const Condition*)>("_ZNK4absl7debian39Condition4EvalEv");
  void* const mutex = current_mutex;
  if (mutex != nullptr) __tsan_acquire(mutex);
  const bool holds = original(this);
  if (mutex != nullptr) __tsan_release(mutex);
  return holds;
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const original =
      Original<void(CondVar*, Mutex*)>(MXBAN_ABSL "7CondVar4WaitEPNS0_5MutexE");
  const Unlocked unlocked(mutex);
  original(this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const original = Original<bool(CondVar*, Mutex*, Duration)>(
      MXBAN_ABSL "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  const Unlocked unlocked(mutex);
  return original(this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const original = Original<bool(CondVar*, Mutex*, Time)>(
      MXBAN_ABSL "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const Unlocked unlocked(mutex);
  return original(this, mutex, deadline);
}

}  // namespace absl
