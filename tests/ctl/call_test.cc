// Calls and lists that take several pages or go wrong, by way of commands.

#include "ctl/call.h"

#include <ios>

#include "ctl/commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

using CallTest = CommandTest;

TEST_F(CallTest, ASilentCoordinatorIsGivenUpOn) {
  coordinator().silent = true;
  Session session = People();
  session.timeout = absl::Milliseconds(50);
  EXPECT_TRUE(absl::IsDeadlineExceeded(ShowStatus(session)));
}

TEST_F(CallTest, ACoordinatorThatIsAwayIsUnavailable) {
  server_.Stop();
  EXPECT_TRUE(absl::IsUnavailable(ShowStatus(People())));
}

TEST_F(CallTest, AListGoesThroughEveryPage) {
  coordinator().bans.assign(25, CountedBan());
  coordinator().max_page_size = 10;
  ASSERT_TRUE(ListBans(People(), "").ok());
  EXPECT_EQ(coordinator().list_calls, 3 + 1) << "and the jails";
  EXPECT_THAT(Output(), HasSubstr("\n25 bans stand\n"));
  EXPECT_THAT(Lines(Output()), SizeIs(1 + 2 * 25 + 1)) << "one heading";
}

TEST_F(CallTest, PagesThatGoInCirclesAreAnError) {
  coordinator().bans = {CountedBan()};
  coordinator().repeats_pages = true;
  EXPECT_TRUE(absl::IsInternal(ListBans(People(), "")));
  EXPECT_EQ(coordinator().list_calls, 2 + 1) << "and the jails";
}

TEST_F(CallTest, OutputThatCannotBeWrittenIsAnError) {
  coordinator().bans = {CountedBan()};
  out_.setstate(std::ios::badbit);
  EXPECT_TRUE(absl::IsDataLoss(ListBans(People(), "")));
  EXPECT_TRUE(absl::IsDataLoss(ListBans(Programs(), "")));
}

}  // namespace
}  // namespace mxban::ctl
