#include "ctl/errors.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const CallOrigin kAway = {.endpoint = "unix:/run/mxban/admin.sock",
                          .timeout = absl::Seconds(10),
                          .connected = false};
const CallOrigin kConnected = {.endpoint = "unix:/run/mxban/admin.sock",
                               .timeout = absl::Seconds(10),
                               .connected = true};

TEST(ErrorsTest, ACoordinatorOutOfReachSaysWhatToLookAt) {
  EXPECT_EQ(ExplainError(absl::UnavailableError("No such file"), kAway),
            "cannot reach the coordinator at unix:/run/mxban/admin.sock: No "
            "such file; is mxban-coordinator running, and may you read its "
            "socket?");
}

TEST(ErrorsTest, TheStoryThatGrpcTellsIsCutToItsPoint) {
  EXPECT_THAT(
      ExplainError(
          absl::UnavailableError(
              "failed to connect to all addresses; last error: UNKNOWN: "
              "unix:/run/mxban/admin.sock: No such file or directory"),
          kAway),
      StartsWith("cannot reach the coordinator at unix:/run/mxban/admin.sock: "
                 "No such file or directory; is"));
}

TEST(ErrorsTest, OverTheNetworkCertificatesAreSuspected) {
  CallOrigin origin = kAway;
  origin.endpoint = "mx1:7461";
  EXPECT_THAT(ExplainError(absl::UnavailableError("handshake"), origin),
              HasSubstr("--tls_cert"));
}

TEST(ErrorsTest, AConnectedCoordinatorThatIsUnavailableSpeaksForItself) {
  EXPECT_EQ(ExplainError(absl::UnavailableError("disk full"), kConnected),
            "disk full");
}

TEST(ErrorsTest, ARefusalIsTheCoordinatorsMessage) {
  EXPECT_EQ(ExplainError(absl::NotFoundError("x is not banned"), kConnected),
            "x is not banned");
}

TEST(ErrorsTest, AnEmptyMessageIsAtLeastACode) {
  EXPECT_EQ(ExplainError(absl::NotFoundError(""), kConnected), "NOT_FOUND");
}

TEST(ErrorsTest, ATimeoutSaysHowLongAndHowToWaitLonger) {
  EXPECT_THAT(ExplainError(absl::DeadlineExceededError("x"), kConnected),
              EndsWith("within 10 s; try a longer --timeout"));
}

TEST(ErrorsTest, AnUnknownCommandSuspectsAnOldCoordinator) {
  EXPECT_THAT(ExplainError(absl::UnimplementedError("x"), kConnected),
              HasSubstr("older than this mxbanctl"));
}

TEST(ErrorsTest, EveryMistakeHasItsLine) {
  EXPECT_EQ(ExplainError(absl::FailedPreconditionError("a:1: x\nb:2: \x1b[2J"),
                         kConnected),
            "a:1: x\n  b:2: \\x1b[2J");
}

TEST(ErrorsTest, ARefusalSaysWhatTheCoordinatorSays) {
  EXPECT_EQ(ExplainError(absl::PermissionDeniedError("no"), kConnected), "no");
}

}  // namespace
}  // namespace mxban::ctl
