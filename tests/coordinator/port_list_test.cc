#include "coordinator/port_list.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  const auto ports = ParsePortList(text);
  return ports.ok() ? "" : std::string(ports.status().message());
}

TEST(PortListTest, ServicesAreResolvedInTheirOrder) {
  EXPECT_THAT(
      *ParsePortList("submission,465,smtp"),
      ElementsAre(PortRange{587, 587}, PortRange{465, 465}, PortRange{25, 25}));
  EXPECT_THAT(*ParsePortList("ssmtp, smtps ,sieve"),
              ElementsAre(PortRange{465, 465}, PortRange{465, 465},
                          PortRange{4190, 4190}));
}

TEST(PortListTest, RangesMayBeNamed) {
  EXPECT_THAT(*ParsePortList("0:65535"), ElementsAre(PortRange{0, 65535}));
  EXPECT_THAT(*ParsePortList("smtp:110"), ElementsAre(PortRange{25, 110}));
}

TEST(PortListTest, FifteenSlotsAreAll) {
  EXPECT_EQ(ErrorOf("1,2,3,4,5,6,7,8,9,10,11,12,13,14:15"), "");
  EXPECT_THAT(ErrorOf("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15:16"),
              HasSubstr("take 16 slots"));
}

TEST(PortListTest, QuotesWhatIsNoPort) {
  for (const char* text : {"", "smpt", "65536", "25,", "9:8", "-1", "1:2:3"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("is no port, service or range"));
  }
  EXPECT_THAT(ErrorOf("25,smpt"), HasSubstr("'smpt'"));
}

}  // namespace
}  // namespace mxban
