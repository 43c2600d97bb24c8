#include "coordinator/admin_access.h"

#include "gtest/gtest.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {
namespace {

TEST(AdminAccessTest, EveryMethodOfTheServiceHasARole) {
  const google::protobuf::ServiceDescriptor& service =
      *v1::GetStatusRequest::descriptor()->file()->FindServiceByName(
          "AdminService");
  ASSERT_GT(service.method_count(), 0);
  for (int i = 0; i < service.method_count(); ++i) {
    EXPECT_TRUE(AdminAccess::LeastRole(service.method(i)->name()).has_value())
        << service.method(i)->name();
  }
}

TEST(AdminAccessTest, WhatOnlyShowsIsForViewersAndAllElseForOperators) {
  for (const char* method : {"GetStatus", "ListBans", "WatchBans", "ListAgents",
                             "ListJails", "ListAllowedSources", "ListHeldBans",
                             "ExplainSource", "ListAuditRecords"}) {
    EXPECT_EQ(AdminAccess::LeastRole(method), Role::kViewer) << method;
  }
  for (const char* method :
       {"ImposeBan", "PardonBan", "ReloadJails", "AllowSource",
        "DisallowSource", "PauseEnforcement", "ResumeEnforcement", "UndoBans",
        "ReleaseHeldBans", "DropHeldBans"}) {
    EXPECT_EQ(AdminAccess::LeastRole(method), Role::kOperator) << method;
  }
}

TEST(AdminAccessTest, AMethodThatIsNotInTheTableIsNobodys) {
  EXPECT_EQ(AdminAccess::LeastRole("DropTheDatabase"), std::nullopt);
  EXPECT_EQ(AdminAccess::LeastRole(""), std::nullopt);
}

}  // namespace
}  // namespace mxban
