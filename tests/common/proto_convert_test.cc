#include "common/proto_convert.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(ProtoConvertTest, ABanSurvivesTheRoundTrip) {
  Ban ban;
  ban.key = {"jail", IpNetwork::ParseOrDie("2001:db8::/64")};
  ban.create_time = kNoon + absl::Microseconds(1);
  ban.expire_time = kNoon + absl::Hours(8);
  ban.origin = BanOrigin::kOperator;
  ban.reason = "because";
  ban.failure_count = 7;
  ban.servers = {"mx1", "mx2"};
  ban.evidence = {"one", "two"};
  ban.previous_ban_count = 3;
  ban.revision = 12;
  const auto back = BanFromProto(BanToProto(ban));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(BanToProto(*back).SerializeAsString(),
            BanToProto(ban).SerializeAsString());
  EXPECT_EQ(back->create_time, ban.create_time);
}

TEST(ProtoConvertTest, APermanentBanHasNoEnd) {
  const StandingBan ban = {{"jail", IpNetwork::ParseOrDie("192.0.2.1")}};
  EXPECT_FALSE(StandingBanToProto(ban).has_expire_time());
  EXPECT_EQ(StandingBanFromProto(StandingBanToProto(ban))->expire_time,
            absl::InfiniteFuture());
}

TEST(ProtoConvertTest, TheWordsOfHandedOverBansAreMadePrintable) {
  Ban ban;
  ban.key = {"jail", IpNetwork::ParseOrDie("203.0.113.9")};
  ban.create_time = kNoon;
  ban.reason = "\033" + std::string(5000, 'x');
  for (int i = 0; i < 12; ++i) ban.evidence.push_back(std::to_string(i));
  ban.evidence.back() += "\n" + std::string(5000, 'x');
  v1::HandOverBansRequest request;
  *request.add_bans() = BanToProto(ban);
  const auto bans = HandedOverBansFromProto(request);
  ASSERT_TRUE(bans.ok()) << bans.status();
  ASSERT_EQ(bans->size(), 1);
  EXPECT_EQ(bans->front().key, ban.key);
  EXPECT_EQ(bans->front().reason.size(), kMaxEvidenceText);
  EXPECT_EQ(bans->front().reason.substr(0, 4), "\\x1b");
  ASSERT_EQ(bans->front().evidence.size(), kMaxEvidence);
  EXPECT_EQ(bans->front().evidence.front(), "2") << "the newest are kept";
  EXPECT_EQ(bans->front().evidence.back().size(), kMaxEvidenceText);
  EXPECT_EQ(bans->front().evidence.back().substr(0, 4), "11\\n");
}

TEST(ProtoConvertTest, BansOutOfFormAreNotTakenOver) {
  Ban ban;
  ban.key = {"jail", IpNetwork::ParseOrDie("203.0.113.9")};
  v1::HandOverBansRequest request;
  for (int i = 0; i < kMaxBansPerHandOver; ++i) {
    *request.add_bans() = BanToProto(ban);
  }
  EXPECT_TRUE(HandedOverBansFromProto(request).ok());
  request.mutable_bans(7)->set_source("rubbish");
  EXPECT_TRUE(
      absl::IsInvalidArgument(HandedOverBansFromProto(request).status()));
  *request.mutable_bans(7) = BanToProto(ban);
  *request.add_bans() = BanToProto(ban);
  EXPECT_TRUE(
      absl::IsInvalidArgument(HandedOverBansFromProto(request).status()))
      << "one too many";
}

TEST(ProtoConvertTest, WhyAKernelDoesNotEnforceSurvivesTheRoundTrip) {
  const auto there_and_back = [](const absl::Status& status) {
    v1::Acknowledgement message;
    message.set_error(std::string(status.message()));
    message.set_problem(ProblemToProto(status.code()));
    return EnforcementStatusFromProto(message);
  };
  for (const absl::Status& status :
       {absl::OkStatus(), absl::PermissionDeniedError("why"),
        absl::ResourceExhaustedError("why"), absl::UnavailableError("why"),
        absl::UnimplementedError("why"), absl::InternalError("why")}) {
    EXPECT_EQ(there_and_back(status), status);
  }
  for (const absl::Status& status :
       {absl::NotFoundError("why"), absl::FailedPreconditionError("why"),
        absl::InvalidArgumentError("why"), absl::UnknownError("why")}) {
    EXPECT_EQ(there_and_back(status), absl::InternalError("why"));
  }
}

TEST(ProtoConvertTest, AnAgentsProblemIsRead) {
  v1::Acknowledgement message;
  message.set_problem(v1::ENFORCEMENT_PROBLEM_FULL);
  EXPECT_EQ(EnforcementStatusFromProto(message), absl::OkStatus())
      << "without an error there is no problem";
  message.set_error("\033" + std::string(5000, 'x'));
  message.set_problem(static_cast<v1::EnforcementProblem>(99));
  const absl::Status status = EnforcementStatusFromProto(message);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal)
      << "a newer agent's, or one from before problems were told";
  EXPECT_EQ(status.message().size(), kMaxEvidenceText);
  EXPECT_EQ(status.message().substr(0, 4), "\\x1b");
}

}  // namespace
}  // namespace mxban
