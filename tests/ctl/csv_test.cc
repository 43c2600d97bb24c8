#include "ctl/csv.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.pb.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(CsvLineTest, CellsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(CsvLine({"a", "", "b c"}), "a,,b c\n");
  EXPECT_EQ(CsvLine({"a,b", "say \"no\"", "two\nlines"}),
            "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\"\n");
}

TEST(CsvLineTest, NoCellIsAFormula) {
  EXPECT_EQ(CsvLine({"=1+1", "+1", "-1", "@x", "\t=1", "1=1"}),
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\t=1\",1=1\n");
}

TEST(CsvTest, FieldsOfMessagesWithinAreNamedAfterBoth) {
  EXPECT_THAT(CsvNames(*v1::EnforcementProgress::descriptor()),
              ElementsAre("enforcing_server_count", "server_count", "slowest"));
  EXPECT_THAT(CsvNames(*v1::BanStatus::descriptor()),
              Contains("progress.server_count"));
}

TEST(CsvTest, EveryNameHasItsCell) {
  const v1::BanStatus ban = CountedBan();
  const auto names = CsvNames(*ban.GetDescriptor());
  const auto cells = CsvCells(ban);
  ASSERT_THAT(cells, SizeIs(names.size()));
  const auto cell = [&](const std::string& name) {
    return cells[std::find(names.begin(), names.end(), name) - names.begin()];
  };
  EXPECT_EQ(cell("ban.jail"), "sendmail-auth");
  EXPECT_EQ(cell("ban.create_time"), "2023-11-14T22:11:20Z");
  EXPECT_EQ(cell("ban.origin"), "BAN_ORIGIN_COUNTED");
  EXPECT_EQ(cell("ban.failure_count"), "5");
  EXPECT_EQ(cell("ban.servers"), "mx1; mx2");
  EXPECT_EQ(cell("progress.server_count"), "3");
  EXPECT_EQ(cell("progress.slowest"), "0.004");
}

TEST(CsvTest, WhatIsNotSetIsEmptyButKeepsItsPlace) {
  v1::BanStatus ban;
  ban.mutable_progress()->set_server_count(3);
  const auto cells = CsvCells(ban);
  ASSERT_THAT(cells, SizeIs(CsvNames(*ban.GetDescriptor()).size()));
  EXPECT_THAT(std::vector<std::string>(cells.end() - 3, cells.end()),
              ElementsAre("0", "3", ""));
}

TEST(CsvTest, WhatConsistsOfMessagesIsJson) {
  v1::Enforcement enforcement;
  EXPECT_THAT(CsvCells(enforcement), Contains("").Times(testing::Ge(1)));
  v1::PortRange& ports = *enforcement.add_ports();
  ports.set_first(25);
  ports.set_last(26);
  EXPECT_THAT(CsvCells(enforcement), Contains(R"([{"first":25,"last":26}])"));
}

}  // namespace
}  // namespace mxban::ctl
