#include "coordinator/socket_listener.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "grpcpp/server_posix.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How long to wait when there are no descriptors left.
constexpr absl::Duration kBreath = absl::Milliseconds(100);

absl::Status Errno(const std::string& what) {
  return absl::UnavailableError(
      absl::StrCat("--admin_listen: ", what, ": ", std::strerror(errno)));
}

// The number of a user without a name; nullopt if that cannot be told just now:
// whoever is less by name than by number must not gain by that.
std::optional<std::string> UserName(uid_t user) {
  std::vector<char> buffer(1 << 16);
  passwd entry;
  passwd* found = nullptr;
  const int error =
      getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->pw_name;
  if (error != 0 && error != ENOENT && error != ESRCH) return std::nullopt;
  return absl::StrCat(user);
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  std::vector<char> buffer(1 << 16);
  group entry;
  group* found = nullptr;
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->gr_gid;
  return absl::InvalidArgumentError(
      absl::StrCat("--admin_group: there is no group '", name, "'"));
}

absl::Status GiveToGroup(const std::string& path, const std::string& group) {
  if (group.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const gid_t id, FindGroup(group));
  if (chown(path.c_str(), static_cast<uid_t>(-1), id) == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("--admin_group: cannot give '",
                                                 path, "' to ", group, ": ",
                                                 std::strerror(errno)));
}

// The inode of the socket at `path`; 0 if there is none.
ino_t SocketAt(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)
             ? status.st_ino
             : 0;
}

}  // namespace

void SocketPeers::Note(int descriptor, const std::string& user) {
  absl::MutexLock lock(&mutex_);
  users_[descriptor] = user;
}

std::optional<std::string> SocketPeers::UserOf(absl::string_view peer) const {
  int descriptor = -1;
  if (!absl::ConsumePrefix(&peer, "fd:") ||
      !absl::SimpleAtoi(peer, &descriptor)) {
    return std::nullopt;
  }
  absl::MutexLock lock(&mutex_);
  const auto found = users_.find(descriptor);
  if (found == users_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::unique_ptr<SocketListener>> SocketListener::Bind(
    const std::string& path, const std::string& group) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--admin_listen: the path of a socket has 1 to ",
        sizeof(address.sun_path) - 1, " characters: '", path, "'"));
  }
  path.copy(address.sun_path, path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return Errno("no socket");
  std::unique_ptr<SocketListener> owner(new SocketListener(listener, path));
  if (SocketAt(path) != 0) unlink(path.c_str());
  const mode_t old_mask = umask(0117);  // srw-rw----
  const int bound =
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  umask(old_mask);
  if (bound != 0) return Errno(absl::StrCat("cannot make '", path, "'"));
  owner->inode_ = SocketAt(path);
  RETURN_IF_ERROR(GiveToGroup(path, group));
  if (listen(listener, SOMAXCONN) != 0) return Errno("cannot listen");
  return owner;
}

SocketListener::~SocketListener() {
  Stop();
  // Another process may have taken its place.
  if (inode_ != 0 && SocketAt(path_) == inode_) unlink(path_.c_str());
  close(listener_);
}

void SocketListener::Serve(grpc::Server& server, SocketPeers& peers) {
  thread_ = std::thread([&, this] { Loop(server, peers); });
}

void SocketListener::Stop() {
  shutdown(listener_, SHUT_RDWR);  // Ends accept().
  if (thread_.joinable()) thread_.join();
}

void SocketListener::Loop(grpc::Server& server, SocketPeers& peers) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  // The kernel's table is as large as the highest number.
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 16));
  const int middle = end / 2;
  next_ = middle;
  while (true) {
    const int accepted =
        accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EINVAL) return;  // Stop().
      absl::SleepFor(kBreath);
      continue;
    }
    int descriptor = fcntl(accepted, F_DUPFD_CLOEXEC, next_);
    if (descriptor < 0) descriptor = fcntl(accepted, F_DUPFD_CLOEXEC, middle);
    ucred credentials = {};
    socklen_t size = sizeof(credentials);
    const bool is_known =
        getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
    close(accepted);
    if (descriptor < 0) {
      spdlog::warn("an operator is turned away: no descriptor is left");
      continue;
    }
    const std::optional<std::string> user =
        is_known ? UserName(credentials.uid) : std::nullopt;
    if (!user) {
      spdlog::warn("an operator is turned away: nobody knows who it is");
      close(descriptor);
      continue;
    }
    next_ = descriptor + 1 < end ? descriptor + 1 : middle;
    peers.Note(descriptor, *user);
    grpc::AddInsecureChannelFromFd(&server, descriptor);
  }
}

}  // namespace mxban
