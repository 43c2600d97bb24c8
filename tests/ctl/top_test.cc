#include "ctl/top.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::SizeIs;

v1::SummarizeFailuresResponse SampleSummary() {
  return FromText<v1::SummarizeFailuresResponse>(R"pb(
    start_time { seconds: 1699999400 }
    failure_count: 1234
    source_count: 57
    sources {
      source: "2001:db8:1:2::/64"
      failure_count: 1000
      server_count: 3
      jails: "sendmail-auth"
      newest_time { seconds: 1699999998 }
    }
    sources {
      source: "192.0.2.1"
      failure_count: 9
      server_count: 1
      jails: "sendmail-auth"
      jails: "sendmail-reject"
      newest_time { seconds: 1699999700 }
      is_banned: true
    }
    servers { server_name: "mx1" failure_count: 700 source_count: 41 })pb");
}

class TopTest : public CommandTest {
 protected:
  TopTest() { coordinator().summary = SampleSummary(); }

  // Looks again `more` times.
  absl::Status Top(const Session& session, int more = 0,
                   const v1::SummarizeFailuresRequest& request = {}) {
    return ShowTop(session, request, [&more] { return more-- > 0; });
  }
};

TEST_F(TopTest, TheWorstSourcesAndServersAreATableEach) {
  ASSERT_TRUE(Top(People(), 9).ok());
  EXPECT_EQ(Output(), R"(
1,234 failures of 57 sources in 10 min

SOURCE             FAILURES  SERVERS  LAST       JAILS                STATE
2001:db8:1:2::/64  1,000     3        2 s ago    sendmail-auth        not banned
192.0.2.1          9         1        5 min ago  sendmail-auth,se...  banned

SERVER  FAILURES  SOURCES
mx1     700       41
)" + 1);
  EXPECT_EQ(coordinator().summarized.limit(), 0) << "as many as it likes";
}

TEST_F(TopTest, NothingIsSaidInWords) {
  coordinator().summary.Clear();
  coordinator().summary.mutable_start_time()->set_seconds(kNowSeconds - 60);
  ASSERT_TRUE(Top(People()).ok());
  EXPECT_EQ(Output(), "no failures of no sources in 1 min\n");
}

TEST_F(TopTest, OnATerminalItIsRenewedAndFillsTheScreen) {
  Session session = People();
  session.terminal_rows = 40;
  ASSERT_TRUE(Top(session, 2).ok());
  EXPECT_EQ(coordinator().summarized.limit(), 17);
  const std::vector<std::string> screens =
      absl::StrSplit(out_.str(), "\033[H\033[J");
  EXPECT_THAT(screens, SizeIs(1 + 3));
}

TEST_F(TopTest, WhoeverSaysHowManyGetsSoMany) {
  Session session = People();
  session.terminal_rows = 2;
  ASSERT_TRUE(Top(session).ok());
  EXPECT_EQ(coordinator().summarized.limit(), 1);
  v1::SummarizeFailuresRequest request;
  request.set_limit(50);
  ASSERT_TRUE(Top(session, 0, request).ok());
  EXPECT_EQ(coordinator().summarized.limit(), 50);
}

TEST_F(TopTest, ProgramsAreToldOnce) {
  Session session = Programs();
  session.terminal_rows = 40;
  ASSERT_TRUE(Top(session, 9).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(
      FromJson<v1::SummarizeFailuresResponse>(JsonLines()[0]).DebugString(),
      SampleSummary().DebugString());
}

TEST_F(TopTest, InCsvASourceIsALine) {
  Session session = People();
  session.format = OutputFormat::kCsv;
  ASSERT_TRUE(Top(session).ok());
  const std::vector<std::string> lines = Lines(out_.str());
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0],
            "source,failure_count,server_count,jails,newest_time,is_banned");
  EXPECT_EQ(lines[2],
            "192.0.2.1,9,1,sendmail-auth; sendmail-reject,"
            "2023-11-14T22:08:20Z,true");
}

}  // namespace
}  // namespace mxban::ctl
