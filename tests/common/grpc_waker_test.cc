#include "common/grpc_waker.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

// That it keeps threads awake is shown by ./demo, in figures.
TEST(GrpcWakerTest, ComesAndGoesWithoutWaitingForItsTurn) {
  for (int i = 0; i < 20; ++i) GrpcWaker waker;
}

TEST(GrpcWakerTest, SeveralDoNoHarm) {
  GrpcWaker first;
  GrpcWaker second;
}

}  // namespace
}  // namespace mxban
