// What operators ask of a whole cluster: explain, top and audit.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kAttacker[] = "203.0.113.30";

class InquiriesTest : public ClusterTest {
 protected:
  v1::ExplainSourceResponse Explain(const std::string& source) {
    grpc::ClientContext context;
    v1::ExplainSourceRequest request;
    request.set_source(source);
    v1::ExplainSourceResponse response;
    const grpc::Status status =
        admin_->ExplainSource(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  void Impose(const std::string& source) {
    grpc::ClientContext context;
    v1::ImposeBanRequest request;
    request.set_jail("sendmail");
    request.set_source(source);
    request.set_reason("seen elsewhere");
    v1::ImposeBanResponse response;
    ASSERT_TRUE(admin_->ImposeBan(&context, request, &response).ok());
  }

  grpc::Status Audit(const v1::ListAuditRecordsRequest& request,
                     v1::ListAuditRecordsResponse& response) {
    grpc::ClientContext context;
    return admin_->ListAuditRecords(&context, request, &response);
  }

  grpc::Status Summarize(const v1::SummarizeFailuresRequest& request,
                         v1::SummarizeFailuresResponse& response) {
    grpc::ClientContext context;
    return admin_->SummarizeFailures(&context, request, &response);
  }
};

TEST_F(InquiriesTest, ASourceIsExplainedBeforeAndAfterItsBan) {
  StartAll();
  EXPECT_THAT(Explain(kAttacker).verdicts(), IsEmpty());
  Attack(0, kAttacker);
  Attack(2, kAttacker);
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 2;
  }));
  v1::ExplainSourceResponse explanation = Explain(kAttacker);
  ASSERT_EQ(explanation.verdicts_size(), 1);
  EXPECT_EQ(explanation.verdicts(0).summary(),
            "203.0.113.30 is not banned: in jail sendmail 2 of 3 failures "
            "within 10m, on mx1 and mx3");
  ASSERT_EQ(explanation.verdicts(0).failures_size(), 2);
  EXPECT_THAT(explanation.verdicts(0).failures(0).evidence(),
              HasSubstr("possible SMTP attack"));

  Attack(1, kAttacker);
  ASSERT_TRUE(AwaitEverywhere(kAttacker));
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  explanation = Explain(kAttacker);
  ASSERT_EQ(explanation.verdicts_size(), 1);
  const v1::JailVerdict& verdict = explanation.verdicts(0);
  EXPECT_THAT(verdict.summary(),
              HasSubstr("is banned in jail sendmail for another 7h59m: 3 "
                        "failures within 10m, on mx1, mx2 and mx3"));
  EXPECT_EQ(verdict.enforcing_servers_size(), 3);
  EXPECT_THAT(verdict.missing_servers(), IsEmpty());
  for (const auto& server : verdict.enforcing_servers()) {
    EXPECT_TRUE(server.has_start_time()) << server.server_name();
  }
}

TEST_F(InquiriesTest, TheAuditLogComesInPages) {
  StartCoordinator();
  for (const char* source : {"203.0.113.1", "203.0.113.2", "203.0.113.3"}) {
    Impose(source);
  }
  v1::ListAuditRecordsRequest request;
  request.set_page_size(2);
  v1::ListAuditRecordsResponse page;
  std::vector<std::string> records;
  do {
    ASSERT_TRUE(Audit(request, page).ok());
    for (const v1::AuditRecord& record : page.records()) {
      records.push_back(record.who() + " " + record.action() + " " +
                        record.source() + " " + record.reason());
    }
    request.set_page_token(page.next_page_token());
    page.clear_records();
  } while (!request.page_token().empty());
  EXPECT_THAT(records, ElementsAre("unix:root ban 203.0.113.3 seen elsewhere",
                                   "unix:root ban 203.0.113.2 seen elsewhere",
                                   "unix:root ban 203.0.113.1 seen elsewhere"));
}

TEST_F(InquiriesTest, TheAuditLogMayBeOfOneSourceOrOfLate) {
  StartCoordinator();
  Impose("203.0.113.1");
  Impose("203.0.113.2");
  v1::ListAuditRecordsRequest request;
  request.set_source("203.0.113.1");
  v1::ListAuditRecordsResponse page;
  ASSERT_TRUE(Audit(request, page).ok());
  ASSERT_EQ(page.records_size(), 1);
  EXPECT_EQ(page.records(0).source(), "203.0.113.1");
  request.mutable_since()->set_seconds(absl::ToUnixSeconds(absl::Now()) + 60);
  ASSERT_TRUE(Audit(request, page).ok());
  EXPECT_EQ(page.records_size(), 0);
}

TEST_F(InquiriesTest, WhoFailsMostIsTold) {
  StartAll();
  Attack(0, kAttacker);
  Attack(2, kAttacker);
  Attack(2, "203.0.113.31");
  Impose(kAttacker);
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 3;
  }));
  v1::SummarizeFailuresRequest request;
  v1::SummarizeFailuresResponse summary;
  ASSERT_TRUE(Summarize(request, summary).ok());
  EXPECT_EQ(summary.failure_count(), 3);
  EXPECT_EQ(summary.source_count(), 2);
  ASSERT_EQ(summary.sources_size(), 2);
  const v1::FailingSource& first = summary.sources(0);
  EXPECT_EQ(first.source(), kAttacker);
  EXPECT_EQ(first.failure_count(), 2);
  EXPECT_EQ(first.server_count(), 2);
  EXPECT_THAT(first.jails(), ElementsAre("sendmail"));
  EXPECT_TRUE(first.is_banned());
  EXPECT_FALSE(summary.sources(1).is_banned());
  EXPECT_GE(first.newest_time().seconds(), summary.start_time().seconds());
  ASSERT_EQ(summary.servers_size(), 2);
  EXPECT_EQ(summary.servers(0).server_name(), "mx3");
  EXPECT_EQ(summary.servers(0).source_count(), 2);

  request.set_limit(1);
  ASSERT_TRUE(Summarize(request, summary).ok());
  EXPECT_EQ(summary.sources_size(), 1);
  EXPECT_EQ(summary.servers_size(), 1);
  request.set_jail("another");
  ASSERT_TRUE(Summarize(request, summary).ok());
  EXPECT_EQ(summary.failure_count(), 0);
}

TEST_F(InquiriesTest, WhatIsMalformedIsRefused) {
  StartCoordinator();
  grpc::ClientContext context;
  v1::ExplainSourceRequest source;
  source.set_source("mx.example.net");
  v1::ExplainSourceResponse explanation;
  EXPECT_EQ(admin_->ExplainSource(&context, source, &explanation).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  for (const char* token : {"x", "1", "1 x", "1 99999999999999999999"}) {
    v1::ListAuditRecordsRequest request;
    request.set_page_token(token);
    v1::ListAuditRecordsResponse page;
    EXPECT_EQ(Audit(request, page).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT)
        << token;
  }
  v1::SummarizeFailuresRequest request;
  request.mutable_window()->set_seconds(0);
  v1::SummarizeFailuresResponse summary;
  EXPECT_EQ(Summarize(request, summary).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace mxban
