#include "tests/system/echo_server.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

namespace mxban {
namespace {

// Returns whether the connection goes on.
bool Echo(int connection) {
  char bytes[4096];
  const ssize_t size = recv(connection, bytes, sizeof(bytes), 0);
  return size > 0 && send(connection, bytes, size, MSG_NOSIGNAL) == size;
}

}  // namespace

EchoServer::EchoServer(std::vector<int> listeners)
    : stop_(eventfd(0, EFD_CLOEXEC)), listener_count_(listeners.size()) {
  watched_.push_back({stop_, POLLIN, 0});
  for (const int listener : listeners) {
    watched_.push_back({listener, POLLIN, 0});
  }
  thread_ = std::thread([this] { Serve(); });
}

EchoServer::~EchoServer() {
  const uint64_t one = 1;
  if (write(stop_, &one, sizeof(one)) == sizeof(one)) thread_.join();
  for (const pollfd& watched : watched_) close(watched.fd);
}

void EchoServer::Serve() {
  while (poll(watched_.data(), watched_.size(), -1) >= 0) {
    if (watched_.front().revents != 0) return;
    for (size_t i = watched_.size() - 1; i > listener_count_; --i) {
      if (watched_[i].revents == 0 || Echo(watched_[i].fd)) continue;
      close(watched_[i].fd);
      watched_.erase(watched_.begin() + i);
    }
    for (size_t i = 1; i <= listener_count_; ++i) {
      if (watched_[i].revents != 0) Accept(watched_[i].fd);
    }
  }
}

void EchoServer::Accept(int listener) {
  const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection >= 0) watched_.push_back({connection, POLLIN, 0});
}

}  // namespace mxban
