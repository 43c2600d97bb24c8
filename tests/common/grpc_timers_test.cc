#include "common/grpc_timers.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpc/event_engine/event_engine.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using grpc_event_engine::experimental::CreateEventEngine;
using grpc_event_engine::experimental::EventEngine;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

class GrpcTimersTest : public testing::Test {
 protected:
  // Notes `name` when its time has come.
  EventEngine::TaskHandle NoteAfter(EventEngine::Duration when,
                                    const std::string& name) {
    return engine_->RunAfter(when, [this, name] {
      absl::MutexLock lock(&mutex_);
      notes_.push_back(name);
    });
  }

  std::vector<std::string> AwaitNotes(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto are_there = [&] { return notes_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&are_there),
                                        absl::Seconds(10)));
    return notes_;
  }

  absl::Mutex mutex_;
  std::vector<std::string> notes_;
  GrpcTimers timers_;
  std::shared_ptr<EventEngine> engine_ = CreateEventEngine();
};

TEST_F(GrpcTimersTest, EachComesInItsTime) {
  NoteAfter(hours(1), "never");
  NoteAfter(milliseconds(60), "third");
  NoteAfter(milliseconds(30), "second");
  engine_->Run([this] {
    absl::MutexLock lock(&mutex_);
    notes_.push_back("first");
  });
  EXPECT_THAT(AwaitNotes(3), ElementsAre("first", "second", "third"));
}

TEST_F(GrpcTimersTest, NoneComesEarly) {
  const auto start = std::chrono::steady_clock::now();
  NoteAfter(milliseconds(50), "then");
  AwaitNotes(1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(50));
}

TEST_F(GrpcTimersTest, WhatIsCancelledIsNotDone) {
  const EventEngine::TaskHandle cancelled = NoteAfter(milliseconds(20), "no");
  const EventEngine::TaskHandle done = NoteAfter(milliseconds(40), "yes");
  EXPECT_TRUE(engine_->Cancel(cancelled));
  EXPECT_FALSE(engine_->Cancel(cancelled));
  EXPECT_THAT(AwaitNotes(1), ElementsAre("yes"));
  EXPECT_FALSE(engine_->Cancel(done));
}

TEST_F(GrpcTimersTest, OneMayBringAboutAnother) {
  absl::Notification done;
  engine_->RunAfter(milliseconds(1),
                    [&] { engine_->Run([&] { done.Notify(); }); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST(GrpcTimersEndTest, AnEngineThatOutlivesThemDoesNothing) {
  auto timers = std::make_unique<GrpcTimers>();
  const std::shared_ptr<EventEngine> engine = CreateEventEngine();
  timers.reset();
  const auto handle = engine->RunAfter(milliseconds(0), [] { ADD_FAILURE(); });
  EXPECT_TRUE(engine->Cancel(handle));
}

}  // namespace
}  // namespace mxban
