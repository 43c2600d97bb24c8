#include "coordinator/open_calls.h"

#include <utility>

#include "gtest/gtest.h"

namespace mxban {
namespace {

// That a call is cancelled takes a real one: see identities_test.
TEST(OpenCallsTest, EachOpenCallIsAskedForUntilItEnds) {
  OpenCalls calls;
  grpc::CallbackServerContext context;
  int asked = 0;
  const auto check = [&] {
    ++asked;
    return absl::OkStatus();
  };
  {
    OpenCalls::Ticket first = calls.Add(context, check);
    const OpenCalls::Ticket second = calls.Add(context, check);
    calls.Step();
    EXPECT_EQ(asked, 2);
    const OpenCalls::Ticket moved = std::move(first);
    calls.Step();
    EXPECT_EQ(asked, 4);
  }
  calls.Step();
  EXPECT_EQ(asked, 4);
}

}  // namespace
}  // namespace mxban
