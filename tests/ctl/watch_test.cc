// The stream of changes, against a real gRPC server.

#include "ctl/watch.h"

#include <sstream>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/ctl/admin_server.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class WatchTest : public testing::Test {
 protected:
  absl::Status Watch(OutputFormat format, size_t terminal_rows = 0,
                     absl::Duration interval = kLiveInterval) {
    const auto stub = v1::AdminService::NewStub(grpc::CreateChannel(
        server_.endpoint(), grpc::InsecureChannelCredentials()));
    return WatchBans({.stub = *stub,
                      .out = out_,
                      .clock = clock_,
                      .zone = absl::UTCTimeZone(),
                      .timeout = absl::Milliseconds(500),
                      .format = format,
                      .terminal_rows = terminal_rows},
                     interval);
  }

  void Happens(v1::WatchBansResponse::Change what, const v1::BanStatus& ban) {
    v1::WatchBansResponse& change = server_.service().changes.emplace_back();
    change.set_change(what);
    *change.mutable_ban() = ban;
    change.mutable_change_time()->set_seconds(kNowSeconds);
  }

  AdminServer server_;
  StoppedClock clock_;
  std::ostringstream out_;
};

TEST_F(WatchTest, EveryChangeIsALine) {
  Happens(v1::WatchBansResponse::CHANGE_IMPOSED, CountedBan());
  Happens(v1::WatchBansResponse::CHANGE_ENFORCED, CountedBan());
  Happens(v1::WatchBansResponse::CHANGE_PARDONED, CountedBan());
  Happens(v1::WatchBansResponse::CHANGE_EXPIRED, CountedBan());
  server_.service().status.set_ban_count(7);
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kTable)));
  EXPECT_EQ(out_.str(), R"(
7 bans stand; watching, Ctrl-C ends
22:13:20 imposed 192.0.2.1 in sendmail-auth, ends in 7 h 58 min: 5 failures i...
22:13:20 enforced 192.0.2.1 in sendmail-auth, enforced 3/3, 4 ms
22:13:20 pardoned 192.0.2.1 in sendmail-auth
22:13:20 expired 192.0.2.1 in sendmail-auth
)" + 1);
  ExpectFitsTheTerminal(out_.str());
}

TEST_F(WatchTest, AMonstrousBanFitsAndIsHarmless) {
  Happens(v1::WatchBansResponse::CHANGE_IMPOSED, MonstrousBan());
  Happens(v1::WatchBansResponse::CHANGE_ENFORCED, MonstrousBan());
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kTable)));
  ExpectFitsTheTerminal(out_.str());
  EXPECT_THAT(out_.str(), HasSubstr(MonstrousBan().ban().source()));
}

TEST_F(WatchTest, AChangeOfANewerCoordinatorIsShownByItsNumber) {
  Happens(static_cast<v1::WatchBansResponse::Change>(9), CountedBan());
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kTable)));
  EXPECT_THAT(out_.str(), HasSubstr("22:13:20 change 9 192.0.2.1 in"));
}

TEST_F(WatchTest, InJsonEveryChangeIsAnObjectAndNothingElseIsPrinted) {
  Happens(v1::WatchBansResponse::CHANGE_IMPOSED, MonstrousBan());
  Happens(v1::WatchBansResponse::CHANGE_ENFORCED, CountedBan());
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kJson)));
  const std::vector<std::string> lines = Lines(out_.str());
  ASSERT_THAT(lines, SizeIs(2));
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(FromJson<v1::WatchBansResponse>(lines[i]).DebugString(),
              server_.service().changes[i].DebugString());
  }
}

TEST_F(WatchTest, OnATerminalTheLastLineSumsUp) {
  Happens(v1::WatchBansResponse::CHANGE_PARDONED, CountedBan());
  server_.service().status.set_ban_count(7);
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kTable, 24)));
  const std::string sum =
      "\r\033[K22:13:20 7 bans stand, agents: none seen since the start";
  EXPECT_EQ(out_.str(), sum +
                            "\r\033[K22:13:20 pardoned 192.0.2.1 in "
                            "sendmail-auth\n" +
                            sum.substr(4));
}

TEST_F(WatchTest, InCsvTheFieldsAreNamedFirst) {
  Happens(v1::WatchBansResponse::CHANGE_PARDONED, CountedBan());
  EXPECT_TRUE(absl::IsAborted(Watch(OutputFormat::kCsv)));
  const std::vector<std::string> lines = Lines(out_.str());
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], StartsWith("change,ban.ban.jail,ban.ban.source,"));
  EXPECT_THAT(lines[1], StartsWith("CHANGE_PARDONED,sendmail-auth,192.0.2.1,"));
}

TEST_F(WatchTest, ACoordinatorThatDoesNotAnswerIsGivenUpOn) {
  server_.service().silent = true;
  EXPECT_TRUE(absl::IsDeadlineExceeded(Watch(OutputFormat::kTable)));
  server_.Stop();
  EXPECT_TRUE(absl::IsUnavailable(Watch(OutputFormat::kTable)));
}

TEST_F(WatchTest, AReaderTooSlowIsTold) {
  server_.service().watch_end = grpc::Status(
      grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow, changes were missed");
  const absl::Status status = Watch(OutputFormat::kTable);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(status.message(), "too slow, changes were missed");
}

// Takes one line and then no more, as a pipe whose reader has left.
class OneLineBuffer final : public std::streambuf {
 private:
  int overflow(int byte) override {
    if (full_) return traits_type::eof();
    full_ = byte == '\n';
    return byte;
  }
  bool full_ = false;
};

// Takes what is summed up twice, and then no more.
class TwoSumsBuffer final : public std::streambuf {
 private:
  int overflow(int byte) override {
    if (sums_ == 2) return traits_type::eof();
    if (byte == '\r') ++sums_;
    return byte;
  }
  int sums_ = 0;
};

TEST_F(WatchTest, TheSumIsRenewedUntilNobodyReadsIt) {
  server_.service().watch_lasts = true;
  TwoSumsBuffer buffer;
  static_cast<std::ios&>(out_).rdbuf(&buffer);
  EXPECT_TRUE(
      absl::IsDataLoss(Watch(OutputFormat::kTable, 24, absl::Milliseconds(1))));
}

TEST_F(WatchTest, EndsWhenNobodyReadsItsOutput) {
  Happens(v1::WatchBansResponse::CHANGE_IMPOSED, CountedBan());
  Happens(v1::WatchBansResponse::CHANGE_IMPOSED, CountedBan());
  server_.service().watch_lasts = true;
  OneLineBuffer buffer;
  static_cast<std::ios&>(out_).rdbuf(&buffer);
  EXPECT_TRUE(absl::IsDataLoss(Watch(OutputFormat::kJson)));
}

}  // namespace
}  // namespace mxban::ctl
