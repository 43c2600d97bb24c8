// A real sendmail, in the middle of a conversation with somebody who is banned.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using Outcome = NetworkLab::Outcome;

constexpr char kRelay[] = "mx3";

// A client's end of an SMTP connection.
class SmtpClient {
 public:
  explicit SmtpClient(int connection) : connection_(connection) {}
  ~SmtpClient() { close(connection_); }

  // Sends a line, if any, and returns what comes back up to the last line of
  // the answer; empty if the session ends or nothing comes within ten seconds.
  std::string Say(const std::string& line = "") {
    const std::string bytes = line.empty() ? "" : line + "\r\n";
    if (send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
      return "";
    }
    std::string answer;
    while (!IsComplete(answer)) {
      pollfd watched = {connection_, POLLIN, 0};
      char buffer[4096];
      if (poll(&watched, 1, 10'000) != 1) return "";
      const ssize_t size = recv(connection_, buffer, sizeof(buffer), 0);
      if (size <= 0) return "";
      answer.append(buffer, size);
    }
    return answer;
  }

  // Whether the session ends within five seconds, without a word.
  bool Ends() {
    pollfd watched = {connection_, POLLIN, 0};
    char byte;
    return poll(&watched, 1, 5000) == 1 && recv(connection_, &byte, 1, 0) <= 0;
  }

 private:
  // `250 ...` ends an answer, `250-...` does not.
  static bool IsComplete(const std::string& answer) {
    if (!absl::EndsWith(answer, "\r\n")) return false;
    const size_t before = answer.rfind('\n', answer.size() - 3);
    const size_t last = before == answer.npos ? 0 : before + 1;
    return answer.size() > last + 3 && answer[last + 3] == ' ';
  }

  const int connection_;
};

class SmtpSessionTest : public FleetTest {
 protected:
  void SetUp() override {
    AddServer(kRelay, /*ports=*/{});
    const std::string queue = folder() + "/queue";
    lab_.MustShell(kRelay, "mkdir -m 700 " + queue);
    sendmail_ = lab_.Start(
        kRelay,
        {"unshare", "--uts", "sh", "-c",
         absl::StrCat(
             "hostname mx3.example.net; exec sendmail -bD",
             " -O QueueDirectory=", queue, " -O PidFile=", queue,
             "/pid -O Timeout.ident=0 -O Timeout.resolver.retry=1",
             " -O Timeout.resolver.retrans=1s",
             " -O DaemonPortOptions=Port=25,Addr=", AddressOf(kRelay))},
        OutputOf("sendmail"));
    ASSERT_TRUE(Eventually([&] {
      return Connect(kCustomer, kRelay, 25) == Outcome::kConnected;
    })) << ReadFile(OutputOf("sendmail"));
    StartCoordinator({"--insecure"});
    StartAgent(kRelay, {"--insecure"});
    ASSERT_TRUE(AwaitCurrent(1));
  }

  int Open(const std::string& source) {
    Outcome outcome;
    const int connection = lab_.Connect("outside", source, AddressOf(kRelay),
                                        25, absl::Seconds(5), outcome);
    EXPECT_EQ(outcome, Outcome::kConnected);
    return connection;
  }

  // How many sessions sendmail's processes serve.
  std::string Sessions() {
    return lab_.Shell(kRelay, absl::StrCat("pgrep -c -P ", sendmail_)).text;
  }

  pid_t sendmail_ = 0;
};

TEST_F(SmtpSessionTest, EndsWithTheBanAndTheOthersGoOn) {
  SmtpClient attacker(Open(kHowToAttacker));
  SmtpClient customer(Open(kCustomer));
  for (SmtpClient* client : {&attacker, &customer}) {
    EXPECT_TRUE(absl::StartsWith(client->Say(), "220 "));
    EXPECT_TRUE(absl::StartsWith(client->Say("EHLO a.example"), "250-"));
  }
  ASSERT_TRUE(Eventually([&] { return Sessions() == "2\n"; })) << Sessions();

  Attack(kRelay, absl::Now());
  EXPECT_TRUE(attacker.Ends()) << "the attacker goes on talking";
  EXPECT_TRUE(Eventually([&] { return Sessions() == "1\n"; }))
      << "sendmail's process waits for somebody who will never come back";
  EXPECT_EQ(Connect(kHowToAttacker, kRelay, 25), Outcome::kRefused);
  EXPECT_TRUE(absl::StartsWith(customer.Say("NOOP"), "250 "));

  ASSERT_EQ(Ctl(absl::StrCat("unban ", kHowToAttacker)).exit_code, 0);
  ASSERT_TRUE(Eventually([&] {
    return Connect(kHowToAttacker, kRelay, 25) == Outcome::kConnected;
  }));
  SmtpClient pardoned(Open(kHowToAttacker));
  EXPECT_TRUE(absl::StartsWith(pardoned.Say(), "220 "));
}

}  // namespace
}  // namespace mxban
