#ifndef MXBAN_TESTS_CTL_ADMIN_SERVER_H_
#define MXBAN_TESTS_CTL_ADMIN_SERVER_H_

// Serves a FakeAdminService by real gRPC on a unix socket in a folder of its
// own, which goes with it.

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/ctl/fake_admin_service.h"

namespace mxban::ctl {

class AdminServer {
 public:
  // Not below TEST_TMPDIR, whose path may be too long for a socket.
  AdminServer() {
    char folder[] = "/tmp/mxbanctl_test.XXXXXX";
    if (mkdtemp(folder) == nullptr) {
      ADD_FAILURE() << "cannot create " << folder;
    }
    folder_ = folder;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(endpoint(), grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) ADD_FAILURE() << "cannot listen at " << endpoint();
  }
  ~AdminServer() {
    Stop();
    std::filesystem::remove_all(folder_);
  }
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // As when the coordinator is away: nobody answers at the endpoint.
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string folder() const { return folder_; }
  std::string endpoint() const { return "unix:" + folder_ + "/admin.sock"; }
  FakeAdminService& service() { return service_; }

 private:
  std::string folder_;
  FakeAdminService service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mxban::ctl

#endif  // MXBAN_TESTS_CTL_ADMIN_SERVER_H_
