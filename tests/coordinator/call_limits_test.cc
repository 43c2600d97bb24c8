#include "coordinator/call_limits.h"

#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

using Kind = CallLimits::Kind;

TEST(CallLimitsTest, AServerHasSoManyAtOnce) {
  CallLimits calls;
  std::vector<std::shared_ptr<CallLimits::Call>> open;
  for (int i = 0; i < 4; ++i) open.push_back(*calls.Begin("mx1", Kind::kWatch));
  const absl::Status status = calls.Begin("mx1", Kind::kWatch).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(status.message(), "mx1 has 4 calls of this kind open already");
  EXPECT_TRUE(calls.Begin("mx2", Kind::kWatch).ok());
  EXPECT_TRUE(calls.Begin("mx1", Kind::kReportFailures).ok());
  open.pop_back();
  EXPECT_TRUE(calls.Begin("mx1", Kind::kWatch).ok()) << "one has ended";
}

TEST(CallLimitsTest, HandsOverOneAtATime) {
  CallLimits calls;
  {
    const auto call = *calls.Begin("mx1", Kind::kHandOverBans);
    EXPECT_FALSE(calls.Begin("mx1", Kind::kHandOverBans).ok());
  }
  const auto call = *calls.Begin("mx1", Kind::kHandOverBans);
  call->End();
  EXPECT_TRUE(calls.Begin("mx1", Kind::kHandOverBans).ok())
      << "it has ended, though it is still held";
}

}  // namespace
}  // namespace mxban
