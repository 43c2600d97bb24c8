#include "coordinator/role_file.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(RoleFileTest, NamesHaveRoles) {
  const auto book = ParseRoles(
      "mx1.example.net agent\nalice operator\nunix:nagios viewer\n", "roles");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->at("mx1.example.net"), Role::kAgent);
  EXPECT_EQ(book->at("alice"), Role::kOperator);
  EXPECT_EQ(book->at("unix:nagios"), Role::kViewer);
}

TEST(RoleFileTest, MistakesAreNamedWithTheirLine) {
  const struct {
    const char* text;
    const char* complaint;
  } cases[] = {
      {"alice", "roles:1: is not NAME ROLE"},
      {"\nalice operator now", "roles:2: is not NAME ROLE"},
      {"alice root", "roles:1: 'root' is none of agent, viewer, operator"},
      {"alice Operator",
       "roles:1: 'Operator' is none of agent, viewer, operator"},
      {"unix:alice agent", "roles:1: a user is no agent"},
      {"alice viewer\nalice operator", "roles:2: 'alice' has a role already"},
  };
  for (const auto& [text, complaint] : cases) {
    EXPECT_EQ(ParseRoles(text, "roles").status().message(), complaint) << text;
  }
}

}  // namespace
}  // namespace mxban
