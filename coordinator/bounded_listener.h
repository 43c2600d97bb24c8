#ifndef MXBAN_COORDINATOR_BOUNDED_LISTENER_H_
#define MXBAN_COORDINATOR_BOUNDED_LISTENER_H_

// Accepts TCP connections for a gRPC server, so many at once and no more.
//
// gRPC 1.51 knows no such bound, and its own listener accepts nothing ever
// again once the process had no descriptor left for a connection: whoever
// opened enough of them would have shut everyone out. So connections are
// accepted here and handed over. One beyond the bound is closed at once; those
// before it stay.
//
// How many there are shows in the number of the newest descriptor, for the
// kernel gives the lowest that is free.
//
// Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_builder.h"

namespace mxban {

class BoundedListener {
 public:
  // Listens on `address`, which is HOST:PORT; port 0 is any that is free, and
  // 0.0.0.0 is every address of both families, as gRPC has it. Raises the
  // process's limit of descriptors, if need be and as far as it may; where that
  // is too little there are fewer connections. Errors name `flag`.
  static absl::StatusOr<std::unique_ptr<BoundedListener>> Open(
      absl::string_view flag, const std::string& address,
      size_t max_connections);

  // Ends the thread; connections stay.
  ~BoundedListener();

  // Hands connections to `acceptor`, whose server runs. Once.
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
  void Start(std::unique_ptr<Acceptor> acceptor);

  int port() const { return port_; }

  // How many were closed for want of room.
  uint64_t turned_away() const { return turned_away_; }

 private:
  BoundedListener() = default;

  absl::Status Listen(const std::string& host, const std::string& port);
  void SetBound(size_t max_connections);
  void Loop();
  void Accept(int listener);

  std::vector<int> listeners_;
  int port_ = 0;
  int first_too_high_ = 0;  // Descriptors from here on are closed.
  int stop_ = -1;           // An eventfd.
  std::atomic<uint64_t> turned_away_ = 0;
  std::unique_ptr<Acceptor> acceptor_;
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BOUNDED_LISTENER_H_
