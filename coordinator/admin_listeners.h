#ifndef MXBAN_COORDINATOR_ADMIN_LISTENERS_H_
#define MXBAN_COORDINATOR_ADMIN_LISTENERS_H_

// Where operators come in: unix sockets, and TCP with TLS.
//
// There is no plain text over TCP, not even on loopback or with --insecure: it
// would not tell who calls.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/identities.h"
#include "coordinator/socket_listener.h"
#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/server.h"

namespace mxban {

class AdminListeners {
 public:
  struct Options {
    std::string listen;  // `unix:PATH` and ADDRESS:PORT, separated by commas.
    std::string group;   // Of the sockets; empty for the process's own.
  };

  // Serves `service` until Shutdown(). Both must live until then. Errors name
  // the flag.
  static absl::StatusOr<std::unique_ptr<AdminListeners>> Start(
      const Options& options, grpc::Service& service, Identities& identities);

  // Accepts no more; calls under way may go on until `deadline`.
  void Shutdown(std::chrono::system_clock::time_point deadline);

  // Of the first ADDRESS:PORT, for one with port 0; 0 if there is none.
  int port() const { return port_; }

 private:
  AdminListeners() = default;

  std::vector<std::unique_ptr<SocketListener>> sockets_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ADMIN_LISTENERS_H_
