#include "agent/syscall_filter.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"

namespace mxban {
namespace {

// Calls that are harmless whatever their arguments.
constexpr int kAllowed[] = {
    // What is open.
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(fcntl), SCMP_SYS(flock),
    SCMP_SYS(poll), SCMP_SYS(ppoll),
    // Sockets.
    SCMP_SYS(recvfrom), SCMP_SYS(bind), SCMP_SYS(getsockname),
    SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
    // Names of files; who holds the lock, which zone we are in.
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getcwd),
    // Memory; what could make code of data is below.
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // Time, randomness, oneself.
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(futex),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getrusage),
    // The end, an abort's too.
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(tgkill)};

// Calls that only somebody else's code would make.
constexpr int kDeadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),  SCMP_SYS(vfork),
    SCMP_SYS(clone),  SCMP_SYS(clone3),   SCMP_SYS(ptrace)};

// The sockets that enforcing takes.
struct Socket {
  int domain;
  int type;
  int protocol;
};
constexpr Socket kSockets[] = {
    {AF_INET, SOCK_RAW, IPPROTO_RAW},  // libiptc's; it receives nothing.
    {AF_INET6, SOCK_RAW, IPPROTO_RAW},
    {AF_INET6, SOCK_DGRAM, 0},  // Whether there is IPv6.
    {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
    {AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG}};

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

int Allow(const Filter& filter, int call,
          std::initializer_list<scmp_arg_cmp> conditions) {
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call,
                                static_cast<unsigned>(conditions.size()),
                                conditions.begin());
}

// Each returns 0 or a negative errno.
int AllowFiles(const Filter& filter) {
  // Neither writing, nor cutting, nor a file without a name.
  constexpr int kRefused = O_ACCMODE | O_TRUNC | O_APPEND | O_TMPFILE;
  constexpr int kMask = kRefused & ~O_DIRECTORY;
  if (const int error = Allow(filter, SCMP_SYS(openat),
                              {SCMP_A2(SCMP_CMP_MASKED_EQ, kMask, O_RDONLY)})) {
    return error;
  }
  return Allow(filter, SCMP_SYS(open),
               {SCMP_A1(SCMP_CMP_MASKED_EQ, kMask, O_RDONLY)});
}

int AllowMemory(const Filter& filter) {
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    if (const int error =
            Allow(filter, call, {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)})) {
      return error;
    }
  }
  return 0;
}

int AllowSockets(const Filter& filter) {
  constexpr unsigned kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  for (const Socket& socket : kSockets) {
    if (const int error = Allow(
            filter, SCMP_SYS(socket),
            {SCMP_A0(SCMP_CMP_EQ, static_cast<unsigned>(socket.domain)),
             SCMP_A1(SCMP_CMP_MASKED_EQ, ~kFlags,
                     static_cast<unsigned>(socket.type)),
             SCMP_A2(SCMP_CMP_EQ, static_cast<unsigned>(socket.protocol))})) {
      return error;
    }
  }
  // To whom the socket is connected, or to the kernel; to no other address.
  return Allow(filter, SCMP_SYS(sendto), {SCMP_A4(SCMP_CMP_EQ, 0)});
}

int Build(const Filter& filter) {
  for (const int call : kAllowed) {
    if (const int error = Allow(filter, call, {})) return error;
  }
  for (const int call : kDeadly) {
    if (const int error =
            seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0)) {
      return error;
    }
  }
  for (const auto& allow : {AllowFiles, AllowMemory, AllowSockets}) {
    if (const int error = allow(filter)) return error;
  }
  return seccomp_load(filter.get());
}

}  // namespace

absl::Status FilterSyscalls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (filter == nullptr) return absl::InternalError("seccomp: out of memory");
  const int error = Build(filter);
  if (error == 0) return absl::OkStatus();
  const std::string message =
      absl::StrCat("cannot filter system calls: ", ErrnoText(-error));
  if (error == -EINVAL || error == -ENOSYS) {
    return absl::UnimplementedError(message);
  }
  return absl::InternalError(message);
}

}  // namespace mxban
