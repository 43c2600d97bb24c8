#include "common/grpc_waker.h"

#include <memory>

#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "grpcpp/support/stub_options.h"

namespace mxban {
namespace {

// Well below the second after which a thread goes to sleep.
constexpr absl::Duration kInterval = absl::Milliseconds(400);

}  // namespace

struct GrpcWaker::Call {
  grpc::ClientContext context;
  grpc::Slice nothing;
  grpc::ByteBuffer request{&nothing, 1};
  grpc::ByteBuffer response;
};

// A channel without credentials is one on which every call fails at once.
GrpcWaker::GrpcWaker()
    : stub_(grpc::CreateChannel("unix:nowhere", nullptr)),
      thread_([this] { Loop(); }) {}

GrpcWaker::~GrpcWaker() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &GrpcWaker::IsIdle));
}

void GrpcWaker::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval);
      if (stopping_) return;
      ++calls_;
    }
    Wake();
  }
}

void GrpcWaker::Wake() {
  auto call = std::make_shared<Call>();
  stub_.UnaryCall(&call->context, "/mxban/Wake", grpc::StubOptions(),
                  &call->request, &call->response,
                  [this, call](const grpc::Status&) {
                    absl::MutexLock lock(&mutex_);
                    --calls_;
                  });
}

}  // namespace mxban
