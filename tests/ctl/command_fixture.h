#ifndef MXBAN_TESTS_CTL_COMMAND_FIXTURE_H_
#define MXBAN_TESTS_CTL_COMMAND_FIXTURE_H_

// What runs a command against a real gRPC server with a made-up cluster behind
// it, and reads what was printed.

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/session.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/ctl/admin_server.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {

class CommandTest : public testing::Test {
 protected:
  Session People() {
    return {.stub = *stub_,
            .out = out_,
            .clock = clock_,
            .zone = absl::UTCTimeZone()};
  }
  Session Programs() {
    Session session = People();
    session.format = OutputFormat::kJson;
    return session;
  }

  // What was printed, checked against what holds for all of it.
  std::string Output() {
    ExpectFitsTheTerminal(out_.str());
    return out_.str();
  }
  std::vector<std::string> JsonLines() { return Lines(out_.str()); }
  FakeAdminService& coordinator() { return server_.service(); }

  AdminServer server_;
  StoppedClock clock_;
  std::ostringstream out_;
  std::unique_ptr<v1::AdminService::Stub> stub_ =
      v1::AdminService::NewStub(grpc::CreateChannel(
          server_.endpoint(), grpc::InsecureChannelCredentials()));
};

}  // namespace mxban::ctl

#endif  // MXBAN_TESTS_CTL_COMMAND_FIXTURE_H_
