#include "coordinator/failure_summary_convert.h"

#include "common/time_convert.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(FailureSummaryConvertTest, WhatIsUnsetIsTheDefault) {
  const auto selection = FailureSelectionFromProto({}, kNoon);
  ASSERT_TRUE(selection.ok()) << selection.status();
  EXPECT_EQ(selection->limit, 10);
  EXPECT_EQ(selection->jail, "");
  EXPECT_EQ(selection->since, absl::InfinitePast());
}

TEST(FailureSummaryConvertTest, AWindowEndsNowAndTheLimitIsBounded) {
  v1::SummarizeFailuresRequest message;
  message.set_jail("sendmail");
  message.set_limit(INT32_MAX);
  *message.mutable_window() = DurationToProto(absl::Hours(1));
  const auto selection = FailureSelectionFromProto(message, kNoon);
  ASSERT_TRUE(selection.ok()) << selection.status();
  EXPECT_EQ(selection->jail, "sendmail");
  EXPECT_EQ(selection->limit, 100);
  EXPECT_EQ(selection->since, kNoon - absl::Hours(1));

  *message.mutable_window() = DurationToProto(absl::ZeroDuration());
  EXPECT_TRUE(absl::IsInvalidArgument(
      FailureSelectionFromProto(message, kNoon).status()));
}

TEST(FailureSummaryConvertTest, TellsWhoIsBannedAndSinceWhenItKnows) {
  BanTable table;
  Ban ban;
  ban.key = {"sendmail", IpNetwork::ParseOrDie("203.0.113.0/24")};
  table.Load(1, std::make_shared<JailSet>(), {ban});
  FailureSummary summary;
  summary.failure_count = 5;
  summary.source_count = 3;
  summary.sources = {
      {IpNetwork::ParseOrDie("203.0.113.9"),
       4,
       {"mx1", "mx2"},
       {"sendmail"},
       kNoon},
      {IpNetwork::ParseOrDie("198.51.100.7"), 1, {"mx1"}, {"sendmail"}, kNoon}};
  summary.servers = {{"mx1", 3, 2}};

  const v1::SummarizeFailuresResponse message =
      FailureSummaryToProto(summary, table, kNoon - absl::Hours(1));

  EXPECT_EQ(*TimestampFromProto(message.start_time()), kNoon - absl::Hours(1));
  EXPECT_EQ(message.failure_count(), 5);
  EXPECT_EQ(message.source_count(), 3);
  ASSERT_EQ(message.sources_size(), 2);
  EXPECT_EQ(message.sources(0).source(), "203.0.113.9");
  EXPECT_EQ(message.sources(0).server_count(), 2);
  EXPECT_TRUE(message.sources(0).is_banned()) << "by a network around it";
  EXPECT_FALSE(message.sources(1).is_banned());
  ASSERT_EQ(message.servers_size(), 1);
  EXPECT_EQ(message.servers(0).server_name(), "mx1");
  EXPECT_EQ(message.servers(0).source_count(), 2);
}

}  // namespace
}  // namespace mxban
