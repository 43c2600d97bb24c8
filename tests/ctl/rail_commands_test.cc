// The commands of the rails, against a real gRPC server with a made-up cluster.

#include "ctl/rail_commands.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RailCommandsTest : public CommandTest {
 protected:
  RailCommandsTest() {
    coordinator().reach.set_server_count(3);
    coordinator().reach.set_source_count(20'000);
  }

  // At a terminal where `answer` is typed.
  Session Asked(const std::string& answer) {
    typed_.str(answer + "\n");
    Session session = People();
    session.terminal = &terminal_;
    return session;
  }

  std::istringstream typed_;
  std::ostringstream questions_;
  const Terminal terminal_ = {typed_, questions_};
};

v1::PauseEnforcementRequest Drill() {
  v1::PauseEnforcementRequest request;
  request.set_reason("drill");
  return request;
}

v1::HeldBanSelection Everything() { return {}; }

TEST_F(RailCommandsTest, APauseSaysWhomItTouches) {
  ASSERT_TRUE(PauseEnforcement(People(), Drill()).ok());
  EXPECT_EQ(Output(),
            "paused on 3 servers; 20,000 banned sources come through\n");
  EXPECT_EQ(coordinator().pause.reason(), "drill");
  EXPECT_THAT(coordinator().rail_calls, ElementsAre("pause"));
}

TEST_F(RailCommandsTest, OnlyYesIsConsent) {
  for (const char* answer : {"", "y", "YES", "yes please", "no"}) {
    EXPECT_TRUE(absl::IsAborted(PauseEnforcement(Asked(answer), Drill())))
        << answer;
  }
  EXPECT_EQ(Output(), "");
  EXPECT_THAT(coordinator().rail_calls,
              ElementsAre("pause?", "pause?", "pause?", "pause?", "pause?"));
  ASSERT_TRUE(PauseEnforcement(Asked("yes"), Drill()).ok());
  EXPECT_EQ(coordinator().rail_calls.back(), "pause");
}

TEST_F(RailCommandsTest, AQuestionNamesServersAndSources) {
  coordinator().reach.set_source_count(1);
  ASSERT_TRUE(PauseEnforcement(Asked("yes"), Drill()).ok());
  ASSERT_TRUE(ResumeEnforcement(Asked("yes")).ok());
  ASSERT_TRUE(UndoBans(Asked("yes"), absl::Minutes(10), "").ok());
  ASSERT_TRUE(ReleaseHeldBans(Asked("yes"), Everything()).ok());
  ASSERT_TRUE(DropHeldBans(Asked("yes"), Everything()).ok());
  EXPECT_EQ(questions_.str(),
            "This stops enforcement on 3 servers; 1 banned source comes "
            "through.\nType yes to go on: "
            "This enforces again on 3 servers; 1 source is refused.\n"
            "Type yes to go on: "
            "This pardons 1 source on 3 servers.\nType yes to go on: "
            "This bans 1 source on 3 servers.\nType yes to go on: "
            "This forgets the held bans of 1 source and pardons them.\n"
            "Type yes to go on: ");
}

TEST_F(RailCommandsTest, WhatIsDoneIsSaid) {
  ASSERT_TRUE(ResumeEnforcement(People()).ok());
  ASSERT_TRUE(UndoBans(People(), absl::Minutes(10), "ssh").ok());
  ASSERT_TRUE(ReleaseHeldBans(People(), Everything()).ok());
  ASSERT_TRUE(DropHeldBans(People(), Everything()).ok());
  EXPECT_EQ(Output(),
            "resumed on 3 servers; 20,000 sources are refused again\n"
            "pardoned 20,000 sources on 3 servers\n"
            "banned 20,000 sources on 3 servers\n"
            "dropped, 20,000 sources are pardoned\n");
  EXPECT_EQ(coordinator().undo.since().seconds(), kNowSeconds - 600);
  EXPECT_EQ(coordinator().undo.jail(), "ssh");
}

TEST_F(RailCommandsTest, InJsonTheyAreTheCoordinatorsAnswers) {
  ASSERT_TRUE(PauseEnforcement(Programs(), Drill()).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::PauseEnforcementResponse>(JsonLines()[0])
                .reach()
                .source_count(),
            20'000);
}

TEST_F(RailCommandsTest, ARefusalIsTheCoordinatorsOwn) {
  coordinator().next_error =
      grpc::Status(grpc::StatusCode::NOT_FOUND, "no ban is held");
  const absl::Status status = ReleaseHeldBans(Asked("yes"), Everything());
  EXPECT_EQ(status, absl::NotFoundError("no ban is held"));
  EXPECT_EQ(questions_.str(), "") << "there is nothing to ask";
}

TEST_F(RailCommandsTest, AllowingSaysWhatEnds) {
  coordinator().bans = {CountedBan()};
  v1::AllowSourceRequest request;
  request.set_source("192.0.2.0/24");
  request.set_reason("office");
  // The fake counts from 1970.
  request.mutable_duration()->set_seconds(kNowSeconds + 8 * 3600);
  ASSERT_TRUE(AllowSource(People(), request).ok());
  EXPECT_EQ(Output(),
            "allowed 192.0.2.0/24, ends in 8 h\n"
            "pardoned 192.0.2.1 in sendmail-auth\n");
  EXPECT_EQ(coordinator().allow.reason(), "office");
}

TEST_F(RailCommandsTest, TheAllowListSaysWhatNamesComeTo) {
  coordinator().allowed = {FromText<v1::AllowedSource>(R"pb(
                             source: "192.0.2.0/24"
                             reason: "office"
                             who: "anna"
                             create_time { seconds: 1699996400 }
                             networks: "192.0.2.0/24")pb"),
                           FromText<v1::AllowedSource>(R"pb(
                             source: "mx.example.net"
                             who: "bert\x1b[2J"
                             create_time { seconds: 1699996400 }
                             networks: "192.0.2.1"
                             networks: "192.0.2.2"
                             networks: "192.0.2.3"
                             networks: "192.0.2.4")pb")};
  ASSERT_TRUE(ListAllowedSources(People()).ok());
  EXPECT_THAT(Output(), HasSubstr("192.0.2.0/24    never"));
  EXPECT_THAT(Output(), HasSubstr("\n    office\n"));
  EXPECT_THAT(Output(),
              HasSubstr("\n    is 192.0.2.1, 192.0.2.2, 192.0.2.3 and more\n"));
  EXPECT_THAT(Output(), HasSubstr("bert\\x1b[2J"));
}

TEST_F(RailCommandsTest, HeldBansSayWhatHoldsThem) {
  v1::HeldBan held;
  *held.mutable_ban() = CountedBan().ban();
  held.set_hold_reason("maxbanrate: 500 bans were imposed within a minute");
  coordinator().held = {held};
  ASSERT_TRUE(ListHeldBans(People()).ok());
  EXPECT_THAT(Output(), HasSubstr("192.0.2.1"));
  EXPECT_THAT(Output(), HasSubstr("; maxbanrate: 500"));
  EXPECT_THAT(Output(), HasSubstr("\n1 ban is held\n"));
  out_.str("");
  ASSERT_TRUE(ListHeldBans(Programs()).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::HeldBan>(JsonLines()[0]).hold_reason(),
            held.hold_reason());
}

TEST_F(RailCommandsTest, EmptyListsAreSaidToPeopleAlone) {
  ASSERT_TRUE(ListAllowedSources(Programs()).ok());
  ASSERT_TRUE(ListHeldBans(Programs()).ok());
  EXPECT_THAT(out_.str(), IsEmpty());
  ASSERT_TRUE(ListAllowedSources(People()).ok());
  ASSERT_TRUE(ListHeldBans(People()).ok());
  EXPECT_EQ(Output(), "the allow list is empty\nno bans are held\n");
}

TEST_F(RailCommandsTest, WhichAreMeantIsTold) {
  v1::HeldBanSelection selection;
  selection.set_source("192.0.2.1");
  selection.set_jail("ssh");
  ASSERT_TRUE(DropHeldBans(People(), selection).ok());
  EXPECT_EQ(coordinator().selection.DebugString(), selection.DebugString());
}

}  // namespace
}  // namespace mxban::ctl
