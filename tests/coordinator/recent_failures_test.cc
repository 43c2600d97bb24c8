#include "coordinator/recent_failures.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

class RecentFailuresTest : public testing::Test {
 protected:
  // `count` failures of `source`, told in one report.
  void Add(const char* server, const char* source, size_t count = 1,
           absl::Time now = kNoon, const char* jail = "jail") {
    FailureBatch batch = {jail, "log", {}};
    for (size_t i = 0; i < count; ++i) {
      batch.failures.push_back({IpNetwork::ParseOrDie(source), now, i + 1, ""});
    }
    recent_.Add(*ReportOf(server, batch), now);
  }

  // `SOURCE COUNT`.
  static std::vector<std::string> Sources(const FailureSummary& summary) {
    std::vector<std::string> texts;
    for (const FailureSummary::Source& one : summary.sources) {
      texts.push_back(one.source.ToString() + " " +
                      std::to_string(one.failure_count));
    }
    return texts;
  }

  // `NAME COUNT SOURCES`.
  static std::vector<std::string> Servers(const FailureSummary& summary) {
    std::vector<std::string> texts;
    for (const FailureSummary::Server& one : summary.servers) {
      texts.push_back(one.name + " " + std::to_string(one.failure_count) + " " +
                      std::to_string(one.source_count));
    }
    return texts;
  }

  RecentFailures recent_;
};

TEST_F(RecentFailuresTest, NothingIsSummedUpToNothing) {
  const FailureSummary summary = recent_.Summarize({});
  EXPECT_EQ(summary.failure_count, 0);
  EXPECT_THAT(summary.sources, IsEmpty());
  EXPECT_THAT(summary.servers, IsEmpty());
  EXPECT_EQ(summary.since, absl::InfinitePast());
}

TEST_F(RecentFailuresTest, ThoseWithMostComeFirst) {
  Add("mx1", "203.0.113.1", 2);
  Add("mx2", "203.0.113.2", 3);
  Add("mx2", "203.0.113.1", 2);
  Add("mx3", "203.0.113.3", 3);
  const FailureSummary summary = recent_.Summarize({});
  EXPECT_EQ(summary.failure_count, 10);
  EXPECT_EQ(summary.source_count, 3);
  EXPECT_THAT(Sources(summary),
              ElementsAre("203.0.113.1 4", "203.0.113.2 3", "203.0.113.3 3"));
  EXPECT_THAT(Servers(summary), ElementsAre("mx2 5 2", "mx3 3 1", "mx1 2 1"));
}

TEST_F(RecentFailuresTest, ASourceIsToldWithWhereAndWhen) {
  Add("mx1", "203.0.113.1", 1, kNoon);
  Add("mx2", "203.0.113.1", 1, kNoon + absl::Seconds(9), "other");
  Add("mx1", "203.0.113.1", 1, kNoon + absl::Seconds(5));
  const FailureSummary summary = recent_.Summarize({});
  ASSERT_EQ(summary.sources.size(), 1);
  EXPECT_THAT(summary.sources[0].servers, ElementsAre("mx1", "mx2"));
  EXPECT_THAT(summary.sources[0].jails, ElementsAre("jail", "other"));
  EXPECT_EQ(summary.sources[0].newest, kNoon + absl::Seconds(9));
}

TEST_F(RecentFailuresTest, OnlyAsManyAreToldAsAreAskedFor) {
  Add("mx1", "203.0.113.1", 1);
  Add("mx2", "203.0.113.2", 2);
  Add("mx3", "203.0.113.3", 3);
  const FailureSummary summary = recent_.Summarize({.limit = 2});
  EXPECT_EQ(summary.source_count, 3);
  EXPECT_THAT(Sources(summary), ElementsAre("203.0.113.3 3", "203.0.113.2 2"));
  EXPECT_THAT(Servers(summary), ElementsAre("mx3 3 1", "mx2 2 1"));
}

TEST_F(RecentFailuresTest, OnlyOfOneJailOrOfLate) {
  Add("mx1", "203.0.113.1", 1, kNoon, "jail");
  Add("mx1", "203.0.113.2", 1, kNoon + absl::Minutes(1), "other");
  Add("mx1", "203.0.113.3", 1, kNoon + absl::Minutes(2), "jail");
  EXPECT_THAT(Sources(recent_.Summarize({.jail = "jail"})),
              ElementsAre("203.0.113.1 1", "203.0.113.3 1"));
  const FailureSummary late =
      recent_.Summarize({.since = kNoon + absl::Minutes(1)});
  EXPECT_THAT(Sources(late), ElementsAre("203.0.113.2 1", "203.0.113.3 1"));
  EXPECT_EQ(late.since, kNoon + absl::Minutes(1));
}

TEST_F(RecentFailuresTest, WhatIsForgottenIsToldByItsTime) {
  Add("mx1", "203.0.113.1", 1, kNoon);
  for (size_t i = 1; i < RecentFailures::kMemory; ++i) {
    Add("mx1", "203.0.113.2", 1, kNoon + absl::Minutes(1));
  }
  EXPECT_EQ(recent_.Summarize({}).since, absl::InfinitePast());
  EXPECT_EQ(recent_.Summarize({}).failure_count, RecentFailures::kMemory);

  Add("mx1", "203.0.113.3", 1, kNoon + absl::Minutes(2));
  const FailureSummary summary = recent_.Summarize({});
  EXPECT_EQ(summary.since, kNoon);
  EXPECT_EQ(summary.failure_count, RecentFailures::kMemory);
  EXPECT_EQ(summary.source_count, 2);
}

}  // namespace
}  // namespace mxban
