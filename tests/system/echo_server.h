#ifndef MXBAN_TESTS_SYSTEM_ECHO_SERVER_H_
#define MXBAN_TESTS_SYSTEM_ECHO_SERVER_H_

// Stands in for a mail server: accepts connections on any number of listening
// sockets and sends back what comes, in one thread, until destroyed.

#include <poll.h>

#include <thread>
#include <vector>

namespace mxban {

class EchoServer {
 public:
  // Takes over listening, non-blocking sockets.
  explicit EchoServer(std::vector<int> listeners);
  ~EchoServer();

  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

 private:
  void Serve();
  void Accept(int listener);

  const int stop_;  // An eventfd, readable once it is time to end.
  const size_t listener_count_;
  std::vector<pollfd> watched_;  // stop_, the listeners, the connections.
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_ECHO_SERVER_H_
