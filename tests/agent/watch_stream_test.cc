// A Watch call against a real server, which is told what to do.

#include "agent/watch_stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "agent/call_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

using ServerStream =
    grpc::ServerReaderWriter<v1::WatchResponse, v1::WatchRequest>;

class Service final : public v1::AgentService::Service {
 public:
  std::function<grpc::Status(ServerStream&)> serve;

 private:
  grpc::Status Watch(grpc::ServerContext*, ServerStream* stream) override {
    return serve(*stream);
  }
};

class WatchStreamTest : public testing::Test {
 protected:
  // Of a server that does `serve` in each call.
  void Serve(std::function<grpc::Status(ServerStream&)> serve) {
    service_.serve = std::move(serve);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  void Watch(std::function<absl::Status(const v1::WatchResponse&)> on_update =
                 [](const v1::WatchResponse&) { return absl::OkStatus(); }) {
    stub_ = v1::AgentService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                            grpc::InsecureChannelCredentials()));
    v1::Subscription subscription;
    subscription.set_known_revision(7);
    stream_.emplace(*stub_, calls_, context_, std::move(subscription),
                    WatchStream::Callbacks{std::move(on_update),
                                           [this](const grpc::Status& status) {
                                             status_ = status;
                                             done_.Notify();
                                           }});
  }

  grpc::Status AwaitEnd() {
    EXPECT_TRUE(done_.WaitForNotificationWithTimeout(kPatience));
    return status_;
  }

  static v1::WatchResponse SomeUpdate() {
    v1::WatchResponse update;
    update.set_history_id("history");
    update.set_revision(8);
    update.mutable_delta();
    return update;
  }

  Service service_;
  int port_ = 1;  // Where nobody listens.
  std::unique_ptr<grpc::Server> server_;
  CallQueue calls_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  std::optional<WatchStream> stream_;
  absl::Notification done_;
  grpc::Status status_;
};

TEST_F(WatchStreamTest, SubscribesHearsAndAcknowledges) {
  v1::WatchRequest first, second;
  Serve([&](ServerStream& stream) {
    EXPECT_TRUE(stream.Read(&first));
    EXPECT_TRUE(stream.Write(SomeUpdate()));
    EXPECT_TRUE(stream.Read(&second));
    return grpc::Status(grpc::UNAVAILABLE, "that is all");
  });
  Watch([this](const v1::WatchResponse& update) {
    // From the queue's own thread, as a ban that is enforced at once.
    stream_->Acknowledge({update.history_id(), update.revision(), {}, "none"});
    return absl::OkStatus();
  });
  EXPECT_EQ(AwaitEnd().error_message(), "that is all");
  EXPECT_EQ(first.subscription().known_revision(), 7);
  EXPECT_EQ(second.acknowledgement().enforced_revision(), 8);
  EXPECT_EQ(second.acknowledgement().firewall(), "none");
}

TEST_F(WatchStreamTest, TheSubscriptionGoesBeforeAnyReport) {
  v1::WatchRequest first, second;
  Serve([&](ServerStream& stream) {
    EXPECT_TRUE(stream.Read(&first));
    EXPECT_TRUE(stream.Read(&second));
    return grpc::Status::OK;
  });
  Watch();
  stream_->Acknowledge({"another", 9, absl::UnavailableError("lock"), ""});
  EXPECT_TRUE(AwaitEnd().ok());
  EXPECT_TRUE(first.has_subscription());
  EXPECT_EQ(second.acknowledgement().enforced_revision(), 0)
      << "of another history";
  EXPECT_EQ(second.acknowledgement().error(), "lock");
}

TEST_F(WatchStreamTest, OfManyReportsTheNewestArrives) {
  constexpr uint64_t kReports = 1000;
  Serve([&](ServerStream& stream) {
    v1::WatchRequest request;
    EXPECT_TRUE(stream.Read(&request));
    EXPECT_TRUE(stream.Write(SomeUpdate()));
    while (request.acknowledgement().enforced_revision() < kReports) {
      if (!stream.Read(&request)) return grpc::Status(grpc::ABORTED, "lost");
    }
    return grpc::Status::OK;
  });
  absl::Notification is_here;
  Watch([&](const v1::WatchResponse&) {
    is_here.Notify();
    return absl::OkStatus();
  });
  ASSERT_TRUE(is_here.WaitForNotificationWithTimeout(kPatience));
  for (uint64_t revision = 1; revision <= kReports; ++revision) {
    stream_->Acknowledge({"history", revision, {}, ""});
  }
  EXPECT_TRUE(AwaitEnd().ok());
  stream_->Acknowledge({"history", kReports, {}, ""});  // To nobody.
}

TEST_F(WatchStreamTest, AnUpdateThatIsNotUnderstoodEndsIt) {
  Serve([&](ServerStream& stream) {
    v1::WatchRequest request;
    EXPECT_TRUE(stream.Read(&request));
    EXPECT_TRUE(stream.Write(SomeUpdate()));
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  });
  Watch([](const v1::WatchResponse&) { return absl::DataLossError("what?"); });
  EXPECT_EQ(AwaitEnd().error_code(), grpc::CANCELLED);
}

TEST_F(WatchStreamTest, ItEndsWhenItIsCancelled) {
  Serve([&](ServerStream& stream) {
    v1::WatchRequest request;
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  });
  Watch();
  context_.TryCancel();
  stream_->Close();
  EXPECT_EQ(AwaitEnd().error_code(), grpc::CANCELLED);
}

TEST_F(WatchStreamTest, WithoutAServerItEndsAtOnce) {
  Watch();
  EXPECT_EQ(AwaitEnd().error_code(), grpc::UNAVAILABLE);
}

}  // namespace
}  // namespace mxban
