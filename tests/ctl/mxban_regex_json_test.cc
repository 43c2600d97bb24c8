#include "ctl/mxban_regex_json.h"

#include <optional>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

std::string Printed(FailureMatcher::Result result,
                    const std::vector<std::optional<absl::Time>>& times) {
  result.times = times;
  std::ostringstream out;
  PrintFailures(7, result, out);
  return out.str();
}

TEST(MxbanRegexJsonTest, OneObjectForEachFailure) {
  EXPECT_EQ(Printed({.host = "192.0.2.1", .failure_id = "192.0.2.1"},
                    {absl::FromUnixSeconds(1124013600), std::nullopt}),
            R"({"line":7,"host":"192.0.2.1","time":1124013600.0,)"
            R"("failid":"192.0.2.1"})"
            "\n"
            R"({"line":7,"host":"192.0.2.1","time":null,)"
            R"("failid":"192.0.2.1"})"
            "\n");
}

TEST(MxbanRegexJsonTest, IdsAndNetworksAreWhatIsCounted) {
  EXPECT_EQ(Printed({.host = "192.0.2.1", .failure_id = "u1"}, {std::nullopt}),
            R"({"line":7,"host":"192.0.2.1","time":null,"failid":"u1"})"
            "\n");
  EXPECT_EQ(Printed({.host = "192.0.2.1",
                     .failure_id = "192.0.2.1",
                     .prefix_length = "24"},
                    {std::nullopt}),
            R"({"line":7,"host":"192.0.2.1","time":null,)"
            R"("failid":"192.0.2.0/24"})"
            "\n");
}

TEST(MxbanRegexJsonTest, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(
      Printed({.failure_id = "a\xff"}, {std::nullopt}),
      "{\"line\":7,\"host\":null,\"time\":null,\"failid\":\"a\ufffd\"}\n");
}

TEST(MxbanRegexJsonTest, NoFailureIsNoObject) {
  EXPECT_EQ(Printed({.failure_id = "x"}, {}), "");
}

}  // namespace
}  // namespace mxban::ctl
