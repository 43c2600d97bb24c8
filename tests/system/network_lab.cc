#include "tests/system/network_lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/system/echo_server.h"

namespace mxban {
namespace {

constexpr char kSwitch[] = "switch";
constexpr char kPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
    "/sbin:/bin";

[[noreturn]] void Die(absl::string_view what) {
  std::fprintf(stderr, "NetworkLab: %s\n", std::string(what).c_str());
  std::abort();
}

NetworkLab::Output Execute(const std::string& command) {
  NetworkLab::Output output;
  FILE* pipe =
      popen(absl::StrCat("( ", command, " ) 2>&1 </dev/null").c_str(), "re");
  if (pipe == nullptr) Die("cannot start a shell");
  char bytes[4096];
  while (const size_t size = fread(bytes, 1, sizeof(bytes), pipe)) {
    output.text.append(bytes, size);
  }
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return output;
}

void MustExecute(const std::string& command) {
  const NetworkLab::Output output = Execute(command);
  if (output.exit_code == 0) return;
  Die(absl::StrCat("this test needs root, iproute2 and network namespaces.\n",
                   command, "\n", output.text));
}

std::string UniquePrefix() {
  static std::atomic<int> count = 0;
  return absl::StrCat("mxban-", getpid(), "-", ++count, "-");
}

std::string CreateFolder() {
  std::string folder = "/tmp/mxban-lab.XXXXXX";
  // Programs that give up root read there, too.
  if (mkdtemp(folder.data()) == nullptr || chmod(folder.c_str(), 0755) != 0) {
    Die("cannot create a folder in /tmp");
  }
  return folder;
}

// Writes a socket address for text of either family; returns its size.
socklen_t ToSocketAddress(const std::string& text, uint16_t port,
                          sockaddr_storage& storage) {
  std::memset(&storage, 0, sizeof(storage));
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return sizeof(*v4);
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) != 1) {
    Die(absl::StrCat("no address: ", text));
  }
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  return sizeof(*v6);
}

const sockaddr* Generic(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr*>(&storage);
}

int ListenOn(uint16_t port) {
  const int listener =
      socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  sockaddr_storage address;
  const socklen_t size = ToSocketAddress("::", port, address);
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
      bind(listener, Generic(address), size) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    Die(absl::StrCat("cannot listen on port ", port));
  }
  return listener;
}

NetworkLab::Outcome FinishConnect(int connection, absl::Duration patience) {
  pollfd watched = {connection, POLLOUT, 0};
  const int milliseconds =
      static_cast<int>(absl::ToInt64Milliseconds(patience));
  if (poll(&watched, 1, milliseconds) == 0) {
    return NetworkLab::Outcome::kTimedOut;
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size);
  switch (error) {
    case 0:
      return NetworkLab::Outcome::kConnected;
    case ECONNREFUSED:
      return NetworkLab::Outcome::kRefused;
    case ETIMEDOUT:
      return NetworkLab::Outcome::kTimedOut;
    default:
      return NetworkLab::Outcome::kFailed;
  }
}

}  // namespace

NetworkLab::NetworkLab() : prefix_(UniquePrefix()), folder_(CreateFolder()) {
  if (geteuid() != 0) Die("this test needs root");
  setenv("PATH", kPath, 1);
  setenv("XTABLES_LOCKFILE", absl::StrCat(folder_, "/xtables.lock").c_str(), 1);
  CreateNamespace(kSwitch);
  MustExecute(absl::StrCat("ip -n ", NamespaceOf(kSwitch),
                           " link add br0 up type bridge mcast_snooping 0"));
}

NetworkLab::~NetworkLab() {
  for (const pid_t pid : std::vector<pid_t>(started_)) Stop(pid, SIGKILL);
  servers_.clear();
  for (const auto& [host, descriptor] : namespaces_) {
    close(descriptor);
    Execute(absl::StrCat("ip netns delete ", NamespaceOf(host)));
  }
  Execute(absl::StrCat("rm -r ", folder_));
}

void NetworkLab::CreateNamespace(const std::string& host) {
  const std::string name = NamespaceOf(host);
  MustExecute(absl::StrCat("ip netns add ", name, " && ip -n ", name,
                           " link set lo up && ip netns ", "exec ", name,
                           " sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 ",
                           "net.ipv6.conf.default.accept_dad=0"));
  const int descriptor =
      open(absl::StrCat("/run/netns/", name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) Die(absl::StrCat("cannot enter namespace ", name));
  namespaces_[host] = descriptor;
}

void NetworkLab::AddHost(const std::string& host,
                         const std::vector<std::string>& addresses) {
  CreateNamespace(host);
  const std::string port = absl::StrCat("port", namespaces_.size());
  const std::string of_switch =
      absl::StrCat("ip -n ", NamespaceOf(kSwitch), " link ");
  const std::string of_host = absl::StrCat("ip -n ", NamespaceOf(host), " ");
  std::string command =
      absl::StrCat(of_switch, "add ", port, " type veth peer name eth0 netns ",
                   NamespaceOf(host), " && ", of_switch, "set ", port,
                   " master br0 up && ", of_host, "link set eth0 up");
  for (const char* network :
       {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"}) {
    absl::StrAppend(&command, " && ", of_host, "route add ", network,
                    " dev eth0");
  }
  MustExecute(command);
  AddAddresses(host, addresses);
}

void NetworkLab::AddAddresses(const std::string& host,
                              const std::vector<std::string>& addresses) {
  std::string batch;
  for (const std::string& address : addresses) {
    absl::StrAppend(&batch, "address add ", address, " dev eth0",
                    absl::StrContains(address, ':') ? " nodad\n" : "\n");
  }
  MustExecute(absl::StrCat("ip -n ", NamespaceOf(host), " -batch - <<END\n",
                           batch, "END\n"));
}

std::string NetworkLab::NamespaceOf(absl::string_view host) const {
  return absl::StrCat(prefix_, host);
}

void NetworkLab::Run(const std::string& host, absl::FunctionRef<void()> work) {
  std::thread([&] {
    Enter(host);
    work();
  }).join();
}

void NetworkLab::Enter(const std::string& host) {
  const auto found = namespaces_.find(host);
  if (found == namespaces_.end()) Die(absl::StrCat("no host ", host));
  if (setns(found->second, CLONE_NEWNET) != 0) {
    Die(absl::StrCat("cannot enter namespace ", NamespaceOf(host)));
  }
}

NetworkLab::Output NetworkLab::Shell(const std::string& host,
                                     const std::string& command) {
  Output output;
  Run(host, [&] { output = Execute(command); });
  return output;
}

std::string NetworkLab::MustShell(const std::string& host,
                                  const std::string& command) {
  Output output = Shell(host, command);
  if (output.exit_code != 0) {
    Die(absl::StrCat("on ", host, ": ", command, "\n", output.text));
  }
  return output.text;
}

pid_t NetworkLab::Start(const std::string& host,
                        const std::vector<std::string>& arguments,
                        const std::string& log_path) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const int network = namespaces_.at(host);
  const char* log = log_path.empty() ? "/dev/null" : log_path.c_str();
  const pid_t pid = fork();
  if (pid == 0) {  // Nothing here may allocate: other threads held locks.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (setns(network, CLONE_NEWNET) == 0) execvp(argv[0], argv.data());
    _exit(127);
  }
  if (pid < 0) Die("cannot fork");
  started_.push_back(pid);
  return pid;
}

int NetworkLab::Stop(pid_t pid, int signal) {
  if (std::erase(started_, pid) == 0) Die("not started here");
  int status = 0;
  kill(pid, signal);
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) kill(pid, SIGKILL);
    absl::SleepFor(absl::Milliseconds(2));
  }
  return status;
}

void NetworkLab::Listen(const std::string& host,
                        const std::vector<uint16_t>& ports) {
  std::vector<int> listeners;
  Run(host, [&] {
    for (const uint16_t port : ports) listeners.push_back(ListenOn(port));
  });
  servers_.push_back(std::make_unique<EchoServer>(std::move(listeners)));
}

NetworkLab::Outcome NetworkLab::TryConnect(const std::string& host,
                                           const std::string& source,
                                           const std::string& target,
                                           uint16_t port,
                                           absl::Duration patience) {
  Outcome outcome;
  const int connection = Connect(host, source, target, port, patience, outcome);
  if (connection >= 0) close(connection);
  return outcome;
}

int NetworkLab::Connect(const std::string& host, const std::string& source,
                        const std::string& target, uint16_t port,
                        absl::Duration patience, Outcome& outcome) {
  int connection = -1;
  Run(host, [&] {
    connection = ConnectHere(source, target, port, patience, outcome);
  });
  return connection;
}

int NetworkLab::ConnectHere(const std::string& source,
                            const std::string& target, uint16_t port,
                            absl::Duration patience, Outcome& outcome) {
  sockaddr_storage from, to;
  const socklen_t size = ToSocketAddress(source, 0, from);
  ToSocketAddress(target, port, to);
  const int connection =
      socket(from.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  outcome = NetworkLab::Outcome::kFailed;
  if (bind(connection, Generic(from), size) == 0 &&
      (connect(connection, Generic(to), size) == 0 || errno == EINPROGRESS)) {
    outcome = FinishConnect(connection, patience);
  }
  if (outcome == NetworkLab::Outcome::kConnected) return connection;
  close(connection);
  return -1;
}

}  // namespace mxban
