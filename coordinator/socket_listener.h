#ifndef MXBAN_COORDINATOR_SOCKET_LISTENER_H_
#define MXBAN_COORDINATOR_SOCKET_LISTENER_H_

// The operators' unix socket, and who is at the other end of it.
//
// gRPC does not tell the user behind a unix socket. So connections are accepted
// here, the kernel is asked for the user (SO_PEERCRED), and gRPC is handed the
// descriptor, whose number it calls the peer: `fd:17`. A number is not given
// again before all others in the upper half of the process's limit (or of
// 65,536) were, so that a call that comes late is not taken for one of a later
// connection.

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"

namespace mxban {

// Which user is behind which descriptor. Remembers no more than the
// descriptors that the process may have. Thread-safe.
class SocketPeers {
 public:
  void Note(int descriptor, const std::string& user);

  // `peer` is gRPC's. None if that is no connection of a SocketListener.
  std::optional<std::string> UserOf(absl::string_view peer) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<int, std::string> users_ ABSL_GUARDED_BY(mutex_);
};

class SocketListener {
 public:
  // Takes the place of a socket that is there. Its mode is 0660, its group
  // `group`, or the process's own if that is empty. INVALID_ARGUMENT and
  // UNAVAILABLE name the flag.
  static absl::StatusOr<std::unique_ptr<SocketListener>> Bind(
      const std::string& path, const std::string& group);

  // Hands connections to `server` from here until Stop(). Both must live until
  // then.
  void Serve(grpc::Server& server, SocketPeers& peers);

  // Accepts no more. Connections that stand are the server's.
  void Stop();

  // Stops, and removes the socket, if it is still ours.
  ~SocketListener();
  SocketListener(const SocketListener&) = delete;
  SocketListener& operator=(const SocketListener&) = delete;

 private:
  SocketListener(int listener, std::string path)
      : listener_(listener), path_(std::move(path)) {}

  void Loop(grpc::Server& server, SocketPeers& peers);

  const int listener_;
  const std::string path_;
  ino_t inode_ = 0;  // Of the socket at the path, once it is ours.
  int next_ = 0;     // The least number for the next connection.
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SOCKET_LISTENER_H_
