#include "agent/syscall_filter.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/agent/child_process.h"

namespace mxban {
namespace {

constexpr int kNoFilter = 199;

// How a child ends that does `action` behind the filter: with the errno that
// `action` leaves if it returns -1, else with 0.
template <typename Action>
int Filtered(Action action) {
  return InChild([&] {
    if (!FilterSyscalls().ok()) return kNoFilter;
    errno = 0;
    return action() < 0 ? errno : 0;
  });
}

template <typename Action>
bool IsRefused(Action action) {
  return ExitedWith(Filtered(action), EPERM);
}

template <typename Action>
bool Works(Action action) {
  return ExitedWith(Filtered(action), 0);
}

template <typename Action>
bool IsDeadly(Action action) {
  const int status = Filtered(action);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

class SyscallFilterTest : public testing::Test {
 protected:
  const std::string file_ = testing::TempDir() + "/syscall_filter_test";
};

TEST_F(SyscallFilterTest, FilesCanBeReadAndMadeButNotWritten) {
  const auto open_as = [&](int flags) {
    return [this, flags] { return open(file_.c_str(), flags, 0600); };
  };
  EXPECT_TRUE(Works(open_as(O_RDONLY | O_CREAT))) << "as the lock is";
  EXPECT_TRUE(Works(open_as(O_RDONLY)));
  EXPECT_TRUE(Works(open_as(O_RDONLY | O_CLOEXEC | O_NOFOLLOW)));
  for (const int flags :
       {O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_RDONLY | O_TRUNC,
        O_WRONLY | O_APPEND, O_RDWR | O_CLOEXEC}) {
    EXPECT_TRUE(IsRefused(open_as(flags))) << flags;
  }
  EXPECT_TRUE(IsRefused([] {
    return open(testing::TempDir().c_str(), O_TMPFILE | O_RDWR, 0600);
  }));
  EXPECT_TRUE(IsRefused([this] { return unlink(file_.c_str()); }));
  EXPECT_TRUE(IsRefused([this] { return chmod(file_.c_str(), 0777); }));
}

TEST_F(SyscallFilterTest, StartingAProgramOrAProcessIsDeadly) {
  EXPECT_TRUE(IsDeadly([] { return execl("/bin/true", "true", nullptr); }));
  EXPECT_TRUE(IsDeadly([] { return fork(); }));
}

TEST_F(SyscallFilterTest, SocketsAreThoseThatEnforcingTakes) {
  constexpr int kRaw = 255;  // IPPROTO_RAW
  const struct {
    int domain;
    int type;
    int protocol;
    bool works;
  } kCases[] = {{AF_INET, SOCK_RAW, kRaw, true},
                {AF_INET6, SOCK_RAW, kRaw, true},
                {AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0, true},
                {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, true},
                {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG, true},
                {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, false},
                {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, false},
                {AF_INET, SOCK_STREAM, 0, false},
                {AF_INET, SOCK_DGRAM, 0, false},
                {AF_INET, SOCK_RAW, 1, false},
                {AF_INET6, SOCK_STREAM, 0, false},
                {AF_UNIX, SOCK_STREAM, 0, false},
                {AF_PACKET, SOCK_RAW, 0, false},
                {AF_VSOCK, SOCK_STREAM, 0, false}};
  for (const auto& c : kCases) {
    const auto make = [&] { return socket(c.domain, c.type, c.protocol); };
    const bool could = ExitedWith(InChild([&] { return make() < 0; }), 0);
    if (c.works && !could) continue;  // Of this kernel, or by this user.
    EXPECT_EQ(Works(make), c.works) << c.domain << ' ' << c.type;
    EXPECT_EQ(IsRefused(make), !c.works) << c.domain << ' ' << c.type;
  }
  EXPECT_TRUE(IsRefused([] {
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  }));
}

TEST_F(SyscallFilterTest, NobodyIsWrittenToByAddress) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  EXPECT_TRUE(Works([&] { return send(ends[0], "x", 1, MSG_NOSIGNAL); }));
  const sockaddr address = {.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_TRUE(IsRefused(
      [&] { return sendto(ends[0], "x", 1, 0, &address, sizeof(address)); }));
  const msghdr message = {};
  EXPECT_TRUE(IsRefused([&] { return sendmsg(ends[0], &message, 0); }));
  EXPECT_TRUE(
      IsRefused([&] { return connect(ends[0], &address, sizeof(address)); }));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SyscallFilterTest, DataIsNeverMadeCode) {
  const auto map = [](int protection) {
    return [protection] {
      return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                  0) == MAP_FAILED
                 ? -1
                 : 0;
    };
  };
  EXPECT_TRUE(Works(map(PROT_READ | PROT_WRITE)));
  EXPECT_TRUE(IsRefused(map(PROT_READ | PROT_EXEC)));
  EXPECT_TRUE(IsRefused(map(PROT_READ | PROT_WRITE | PROT_EXEC)));
  alignas(4096) static char page[4096];
  EXPECT_TRUE(IsRefused(
      [] { return mprotect(page, sizeof(page), PROT_READ | PROT_EXEC); }));
  EXPECT_TRUE(Works([] { return mprotect(page, sizeof(page), PROT_READ); }));
}

TEST_F(SyscallFilterTest, SpeakingLockingAndLoggingGoOn) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  EXPECT_TRUE(Works([&] {
    char byte = 'x';
    const bool spoke = send(ends[0], &byte, 1, MSG_NOSIGNAL) == 1 &&
                       recv(ends[1], &byte, 1, 0) == 1;
    const std::string text = std::string(1'000'000, 'x');  // Takes memory.
    const int lock = open(file_.c_str(), O_RDONLY | O_CREAT, 0600);
    return spoke && text.size() == 1'000'000 && lock >= 0 &&
                   write(STDERR_FILENO, "", 0) == 0
               ? 0
               : -1;
  }));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SyscallFilterTest, AnAbortStillLeavesItsSignal) {
  const int status = Filtered([]() -> int { std::abort(); });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

}  // namespace
}  // namespace mxban
