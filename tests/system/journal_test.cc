// A real journald, and the programs as they are shipped. Failures are written
// to the journal; agents die and the journal rotates, and each counts once.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;

constexpr char kServer[] = "mx1";
constexpr int kMaxRetry = 55;

// journald has directories that cannot be chosen: it gets its own /run and
// /var/log/journal, and shares its socket, and its journal if it is told so.
// Not if it is to move that: it deletes nothing that is on a disk.
constexpr char kStartJournald[] = R"(
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /var/log/journal
  mkdir -p /run/systemd/journald.conf.d /run/systemd/journal /run/log/journal
  # As tmpfiles.d(5) makes them: what is in there is of the same group.
  chgrp systemd-journal /var/log/journal /run/log/journal "$0/journal"
  chmod 2755 /var/log/journal /run/log/journal "$0/journal"
  printf '[Journal]\n%s\n%s\n%s\n' Storage=auto RateLimitBurst=0 \
      ReadKMsg=no >/run/systemd/journald.conf.d/test.conf
  mount --bind "$0/sockets" /run/systemd/journal
  if [ "$1" = shared ]; then mount --bind "$0/journal" /run/log/journal; fi
  exec /lib/systemd/systemd-journald
)";

class JournalTest : public FleetTest {
 protected:
  JournalTest() {
    std::filesystem::create_directories(folder() + "/sockets");
    std::filesystem::create_directories(folder() + "/journal");
    WriteJail(absl::StrCat("backend = systemd[journalpath=", folder(),
                           "/journal]\njournalmatch = SYSLOG_IDENTIFIER=sm-mta"
                           "\nmaxretry = ",
                           kMaxRetry, "\n"));
  }

  void StartJournald(const std::string& sharing = "shared") {
    journald_ = lab_.Start(kServer,
                           {"unshare", "--mount", "/bin/sh", "-ec",
                            kStartJournald, folder(), sharing},
                           OutputOf("journald"));
  }

  void WriteJail(const std::string& options) {
    std::ofstream(folder() + "/config/jail.local")
        << "[sendmail]\nenabled = true\nfilter = sendmail\nbantime = 8h\n"
           "findtime = 1h\naction = iptables-multiport[name=sendmail-auth, "
           "port=\"submission,465,smtp\", protocol=tcp]\n"
        << options;
  }

  // An agent that sees journald's directories, and reads what is in them.
  pid_t StartNeighbour() {
    return lab_.Start(
        kServer,
        {"nsenter", absl::StrCat("--target=", journald_), "--mount",
         std::filesystem::absolute("agent/mxban-agent").string(), "--insecure",
         absl::StrCat("--coordinators=", kCoordinator, ":7460"),
         absl::StrCat("--server_name=", kServer),
         absl::StrCat("--state_dir=", folder(), "/", kServer),
         "--firewall=none"},
        OutputOf(kServer));
  }

  pid_t StartReader() {
    return StartAgent(kServer, {"--insecure", "--log=none=/dev/null"});
  }

  // Writes a message to journald, as sd_journal_send() does.
  void Send(const std::string& text, const std::string& identifier = "sm-mta") {
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = folder() + "/sockets/socket";
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    ASSERT_TRUE(Eventually([&] {
      return connect(fd, reinterpret_cast<sockaddr*>(&address),
                     sizeof(address)) == 0;
    })) << ReadFile(OutputOf("journald"));
    const std::string message = absl::StrCat("SYSLOG_IDENTIFIER=", identifier,
                                             "\nMESSAGE=", text, "\n");
    ASSERT_EQ(send(fd, message.data(), message.size(), 0),
              static_cast<ssize_t>(message.size()));
    close(fd);
  }

  void Fail(int count) {
    for (int i = 0; i < count; ++i) {
      Send(absl::StrCat("o0LNaCc5001195: [", kHowToAttacker,
                        "]: possible SMTP attack: command=AUTH, count=5"));
      Send("nothing of interest");
      Send(absl::StrCat("[", kHowToAttacker,
                        "]: possible SMTP attack: command=AUTH"),
           "somebody-else");
    }
  }

  size_t JournalFiles() const {
    size_t count = 0;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(folder() + "/journal")) {
      count += file.path().extension() == ".journal";
    }
    return count;
  }

  // Whether journald has got so far.
  bool IsWritten(const std::string& text) const {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(folder() + "/journal")) {
      if (absl::StrContains(ReadFile(file.path().string()), text)) return true;
    }
    return false;
  }

  void Rotate() {
    const size_t files = JournalFiles();
    kill(journald_, SIGUSR2);
    ASSERT_TRUE(Eventually([&] { return JournalFiles() > files; }));
  }

  bool AwaitCounted(int failures) {
    const std::string count =
        absl::StrCat("\"failure_count\":\"", failures, "\"");
    return Eventually(
        [&] { return absl::StrContains(Ctl("status --json").text, count); });
  }

  pid_t journald_ = 0;
};

TEST_F(JournalTest, EachFailureCountsOnceWhateverIsKilledOrRotated) {
  StartJournald();
  StartCoordinator({"--insecure"});
  pid_t agent = StartReader();
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
  int sent = 0;
  const auto fail = [&](int count) {
    Fail(count);
    sent += count;
  };
  fail(10);
  ASSERT_TRUE(AwaitCounted(sent)) << ReadFile(OutputOf(kServer));
  fail(5);
  lab_.Stop(agent, SIGKILL);  // In the middle of them.
  fail(5);
  Rotate();
  fail(5);
  Rotate();
  fail(5);
  agent = StartReader();
  fail(5);
  lab_.Stop(agent, SIGKILL);
  Rotate();
  agent = StartReader();
  ASSERT_TRUE(AwaitCounted(sent)) << Ctl("status --json").text;
  fail(9);
  Rotate();  // While somebody reads.
  fail(10);
  ASSERT_TRUE(AwaitCounted(sent)) << Ctl("status --json").text;
  for (int i = 0; i < 3; ++i) {  // Nothing comes again.
    lab_.Stop(agent, SIGKILL);
    agent = StartReader();
    ASSERT_TRUE(AwaitCurrent(1));
  }
  ASSERT_EQ(sent, kMaxRetry - 1);
  EXPECT_EQ(Connect(kHowToAttacker, kServer, 25),
            NetworkLab::Outcome::kConnected);
  fail(1);
  EXPECT_TRUE(AwaitRefused(kHowToAttacker, kServer));
  EXPECT_TRUE(AwaitCounted(sent)) << Ctl("status --json").text;
}

TEST_F(JournalTest, WhatWasVacuumedIsSaidAndTheRestIsRead) {
  StartJournald();
  StartCoordinator({"--insecure"});
  pid_t agent = StartReader();
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
  Fail(3);
  ASSERT_TRUE(AwaitCounted(3));
  lab_.Stop(agent, SIGTERM);
  Fail(4);
  Send("the last one before");
  ASSERT_TRUE(Eventually([&] { return IsWritten("the last one before"); }));
  Rotate();
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(folder() + "/journal")) {
    if (absl::StrContains(file.path().string(), "@")) {
      std::filesystem::remove(file);
    }
  }
  Fail(5);
  StartReader();
  EXPECT_TRUE(AwaitCounted(8)) << Ctl("status --json").text;
  EXPECT_THAT(ReadFile(OutputOf(kServer)),
              HasSubstr("messages of the journal are gone that were not read"));
}

TEST_F(JournalTest, AServersOwnJournalIsReadWhileItMovesToTheDisk) {
  StartJournald("unshared");
  WriteJail("backend = systemd\nmaxretry = 100\n");
  StartCoordinator({"--insecure"});
  Send("hello");
  pid_t agent = StartNeighbour();
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
  Fail(3);  // Twice, for there is no journalmatch.
  ASSERT_TRUE(AwaitCounted(6)) << ReadFile(OutputOf(kServer));
  kill(journald_, SIGUSR1);
  ASSERT_TRUE(Eventually([&] {
    return lab_
        .Shell(kServer, absl::StrCat("nsenter --target=", journald_,
                                     " --mount ls /run/log/journal"))
        .text.empty();
  }));
  Fail(2);
  EXPECT_TRUE(AwaitCounted(10)) << Ctl("status --json").text;
  lab_.Stop(agent, SIGKILL);
  StartNeighbour();
  ASSERT_TRUE(AwaitCurrent(1));
  Fail(1);
  EXPECT_TRUE(AwaitCounted(12)) << Ctl("status --json").text;
}

TEST_F(JournalTest, WithoutTheRightToReadItIsSaidOnce) {
  StartJournald();
  Send("hello");
  lab_.MustShell(kServer, absl::StrCat("chmod 700 ", folder(), "/journal"));
  StartCoordinator({"--insecure"});
  StartReader();
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
  Fail(2);
  const auto complaint = [&] {
    const std::string output = ReadFile(OutputOf(kServer));
    const size_t at = output.find("cannot read the journal in ");
    return at == std::string::npos ? "" : output.substr(at);
  };
  ASSERT_TRUE(Eventually([&] { return !complaint().empty(); }));
  lab_.MustShell(kServer, absl::StrCat("chmod 755 ", folder(), "/journal"));
  EXPECT_TRUE(AwaitCounted(2));
  EXPECT_EQ(complaint().find("cannot read", 1), std::string::npos)
      << complaint();
  EXPECT_THAT(complaint(), HasSubstr("the journal is read again"));
}

TEST_F(JournalTest, LinesOfStandardInputCount) {
  WriteJail("logpath = /var/log/mail.log\nmaxretry = 2\n");
  const std::string fifo = folder() + "/input";
  lab_.MustShell(kServer, absl::StrCat("mkfifo ", fifo));
  std::fstream writer(fifo, std::ios::in | std::ios::out);
  StartCoordinator({"--insecure"});
  const pid_t agent = lab_.Start(
      kServer,
      {"/bin/sh", "-c",
       absl::StrCat(
           "exec agent/mxban-agent --insecure --coordinators=", kCoordinator,
           ":7460 --server_name=", kServer, " --state_dir=", folder(), "/",
           kServer, " --log=sendmail=- --firewall=ipset <", fifo)},
      OutputOf(kServer));
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
  // Without a stamp, as containers have them: it is new.
  for (int i = 0; i < 2; ++i) {
    writer << "o0LNaCc5001195: [" << kHowToAttacker
           << "]: possible SMTP attack: command=AUTH, count=5" << std::endl;
  }
  EXPECT_TRUE(AwaitRefused(kHowToAttacker, kServer));
  const std::string half = lab_.MustShell(
      kServer, absl::StrCat("readlink /proc/$(cat /proc/", agent, "/task/",
                            agent, "/children | tr -d ' ')/fd/0"));
  EXPECT_THAT(half, HasSubstr("/dev/null"));
}

}  // namespace
}  // namespace mxban
