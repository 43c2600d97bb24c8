#include "ctl/import.h"

#include <sstream>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ImportTest : public CommandTest {
 protected:
  ImportTest() {
    v1::JailStatus jail = SendmailJail();
    jail.mutable_jail()->set_ipv6_prefix(64);
    coordinator().jails = {jail};
  }

  // Imports `list`, which comes by standard input.
  absl::Status Import(const Session& session, const std::string& list,
                      ImportRequest request = {}) {
    request.path = "-";
    std::istringstream in(list);
    std::ostringstream progress;
    return ImportBans(
        session, request,
        {.standard_input = in, .progress = progress, .terminal = {}});
  }

  const v1::ImposeBanRequest& imposed() { return coordinator().imposed; }
};

// The sample's clock says 2023-11-14T22:13:20Z.
TEST_F(ImportTest, OnlyTheTimeThatIsLeftIsCarriedOver) {
  EXPECT_TRUE(Import(People(), "192.0.2.9 sendmail-auth 2023-11-14T22:18:20Z",
                     {.reason = "move"})
                  .ok());
  EXPECT_EQ(imposed().jail(), "sendmail-auth");
  EXPECT_EQ(imposed().source(), "192.0.2.9");
  EXPECT_EQ(imposed().duration().seconds(), 300);
  EXPECT_EQ(imposed().reason(), "move");
  EXPECT_FALSE(imposed().validate_only());
  EXPECT_EQ(Output(), "banned 1 source, 0 stood already, 0 refused\n");
}

TEST_F(ImportTest, ForEverStaysForEver) {
  const char* const list = "192.0.2.9 sendmail-auth ever";
  EXPECT_TRUE(Import(People(), list).ok());
  EXPECT_TRUE(imposed().permanent());
  EXPECT_EQ(imposed().reason(), "imported");
  EXPECT_TRUE(Import(People(), list).ok());
  EXPECT_THAT(coordinator().bans, SizeIs(1)) << "it stands already";
}

TEST_F(ImportTest, WhatStandsLongEnoughIsLeftAlone) {
  coordinator().bans = {CountedBan()};  // To the end of 06:11:20.
  EXPECT_TRUE(
      Import(People(), "192.0.2.1 sendmail-auth 2023-11-15T06:11:21Z").ok());
  EXPECT_THAT(coordinator().bans, SizeIs(1));
  EXPECT_EQ(Output(), "banned no sources, 1 stood already, 0 refused\n");
  EXPECT_TRUE(
      Import(People(), "192.0.2.1 sendmail-auth 2023-11-15T06:11:30Z").ok());
  EXPECT_EQ(imposed().duration().seconds(), 28'690);
}

TEST_F(ImportTest, AListWithoutTimesRenewsOnceHalfIsOver) {
  coordinator().bans = {CountedBan()};
  const ImportRequest request = {.jail = "sendmail-auth"};
  EXPECT_TRUE(Import(People(), "192.0.2.1", request).ok());
  ImportRequest longer = request;
  longer.duration = absl::Hours(15);
  EXPECT_TRUE(Import(People(), "192.0.2.1", longer).ok());
  EXPECT_THAT(coordinator().bans, SizeIs(1));
  longer.duration = absl::Hours(17);
  EXPECT_TRUE(Import(People(), "192.0.2.1", longer).ok());
  EXPECT_EQ(imposed().duration().seconds(), 17 * 3'600);
}

TEST_F(ImportTest, AddressesOfOneNetworkAreOneBanAndTheLongest) {
  EXPECT_TRUE(Import(People(),
                     "2001:db8::1 sendmail-auth 2023-11-14T22:18:20Z\n"
                     "2001:db8::2 sendmail-auth 2023-11-14T22:28:20Z\n"
                     "2001:db8::3 sendmail-auth 2023-11-14T22:23:20Z\n")
                  .ok());
  ASSERT_THAT(coordinator().bans, SizeIs(1));
  EXPECT_EQ(imposed().source(), "2001:db8::/64");
  EXPECT_EQ(imposed().duration().seconds(), 900);
}

TEST_F(ImportTest, ALineKnowsItsJailBest) {
  EXPECT_FALSE(
      Import(People(), "192.0.2.8 sshd\n192.0.2.9\n", {.jail = "sendmail-auth"})
          .ok());
  ASSERT_THAT(coordinator().bans, SizeIs(1));
  EXPECT_EQ(imposed().source(), "192.0.2.9");
  EXPECT_THAT(Output(), HasSubstr("left out 1 ban of sshd: there is no such "
                                  "jail; `mxbanctl jails` lists them\n"));
}

TEST_F(ImportTest, WithoutAnyJailItIsAskedFor) {
  EXPECT_FALSE(Import(People(), "192.0.2.9").ok());
  EXPECT_THAT(Output(), HasSubstr("refused 192.0.2.9 in no jail: say which by "
                                  "--jail\n"));
}

TEST_F(ImportTest, WhatIsRefusedIsListedAndTheOthersGoOn) {
  coordinator().bans = {CountedBan()};
  const absl::Status status =
      Import(People(), "mx\x1b[2J\n192.0.2.9\n", {.jail = "sendmail-auth"});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(Output(), HasSubstr("refused mx\\x1b[2J in sendmail-auth: "
                                  "standard input:1: "));
  EXPECT_THAT(Output(),
              EndsWith("banned 1 source, 0 stood already, 1 refused\n"));
}

TEST_F(ImportTest, ADryRunOnlyAsks) {
  ASSERT_TRUE(
      Import(People(), "192.0.2.9", {.jail = "sendmail-auth", .dry_run = true})
          .ok());
  EXPECT_TRUE(imposed().validate_only());
  EXPECT_EQ(Output(),
            "would ban 192.0.2.9 in sendmail-auth\n"
            "would ban 1 source, 0 stood already, 0 refused\n");
}

TEST_F(ImportTest, ProgramsAreToldOfEveryBan) {
  coordinator().bans = {CountedBan()};
  EXPECT_FALSE(Import(Programs(), "192.0.2.1\n192.0.2.9\nnobody\xff\n",
                      {.jail = "sendmail-auth"})
                   .ok());
  ASSERT_THAT(JsonLines(), SizeIs(3));
  EXPECT_THAT(JsonLines()[0], HasSubstr(R"("outcome":"refused")"));
  EXPECT_EQ(JsonLines()[1], R"({"source":"192.0.2.1","jail":"sendmail-auth",)"
                            R"("outcome":"stands","reason":""})");
  EXPECT_EQ(JsonLines()[2], R"({"source":"192.0.2.9","jail":"sendmail-auth",)"
                            R"("outcome":"banned","reason":""})");
}

TEST_F(ImportTest, InCsvEveryBanIsALine) {
  Session session = People();
  session.format = OutputFormat::kCsv;
  EXPECT_TRUE(Import(session, "192.0.2.9", {.jail = "sendmail-auth"}).ok());
  EXPECT_EQ(out_.str(),
            "source,jail,outcome,reason\n"
            "192.0.2.9,sendmail-auth,banned,\n");
}

TEST_F(ImportTest, ACoordinatorThatFailsEndsIt) {
  coordinator().next_error =
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "the disk is full");
  EXPECT_TRUE(absl::IsUnavailable(
      Import(People(), "192.0.2.9", {.jail = "sendmail-auth"})));
  EXPECT_THAT(coordinator().bans, IsEmpty());
}

TEST_F(ImportTest, AListThatCannotBeReadIsNamed) {
  std::istringstream in;
  std::ostringstream progress;
  const absl::Status status =
      ImportBans(People(), {.path = "/nonexistent/list"},
                 {.standard_input = in, .progress = progress, .terminal = {}});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/list"));
}

TEST_F(ImportTest, AnExportIsAListThatCanBeImported) {
  coordinator().bans = {CountedBan(), OperatorBan()};
  ASSERT_TRUE(ExportBans(People(), "").ok());
  const std::string list = Output();
  EXPECT_EQ(list,
            "192.0.2.1 sendmail-auth 2023-11-15T06:11:20Z\n"
            "2001:db8:1234:5678::/64 ssh ever\n");
  coordinator().jails.push_back(SendmailJail());
  coordinator().jails.back().mutable_jail()->set_name("ssh");
  out_.str("");
  ASSERT_TRUE(Import(People(), list).ok());
  EXPECT_EQ(Output(), "banned no sources, 2 stood already, 0 refused\n");
}

}  // namespace
}  // namespace mxban::ctl
