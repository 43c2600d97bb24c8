#include "coordinator/access_upkeep.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "gtest/gtest.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"
#include "tests/fakes/fake_clock.h"
#include "tests/system/eventually.h"

namespace mxban {
namespace {

// A stream that many threads may write to and that can be read meanwhile.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  size_t Count(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t count = 0;
    for (size_t at = log_.find(text); at != std::string::npos;
         at = log_.find(text, at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    log_.append(message.payload.data(), message.payload.size()).append("\n");
  }
  void flush_() override {}

  std::string log_;
};

class AccessUpkeepTest : public testing::Test {
 protected:
  AccessUpkeepTest() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", log_));
  }
  ~AccessUpkeepTest() override {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
  }

  AccessUpkeep::Parts Parts(bool insecure) {
    return {*identities_, open_calls_, expiry_watch_, clock_, insecure};
  }

  std::shared_ptr<LogSink> log_ = std::make_shared<LogSink>();
  FakeClock clock_;
  std::unique_ptr<Identities> identities_ = *Identities::Open({}, clock_);
  OpenCalls open_calls_;
  ExpiryWatch expiry_watch_{{}};
};

TEST_F(AccessUpkeepTest, ThatAgentsAreBelievedIsSaidEveryHour) {
  const AccessUpkeep upkeep(Parts(true));
  EXPECT_TRUE(Eventually([&] { return log_->Count("--insecure: ") == 1; }));
  clock_.Advance(absl::Minutes(61));
  EXPECT_TRUE(Eventually([&] { return log_->Count("--insecure: ") == 2; }));
}

TEST_F(AccessUpkeepTest, OpenCallsAreAskedForEveryInterval) {
  grpc::CallbackServerContext context;
  std::atomic<int> asked = 0;
  const OpenCalls::Ticket ticket = open_calls_.Add(context, [&] {
    ++asked;
    return absl::OkStatus();
  });
  const absl::Time begin = absl::Now();
  const AccessUpkeep upkeep(Parts(false));
  EXPECT_TRUE(Eventually([&] { return asked == 1; },
                         OpenCalls::kInterval + absl::Seconds(5)));
  EXPECT_GE(absl::Now() - begin, OpenCalls::kInterval - absl::Seconds(1));
  EXPECT_EQ(log_->Count("--insecure: "), 0u);
}

}  // namespace
}  // namespace mxban
