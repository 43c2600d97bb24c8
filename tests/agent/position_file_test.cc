#include "agent/position_file.h"

#include <fstream>

#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string PathFor(const char* name) {
  return testing::TempDir() + "/" + name;
}

TEST(PositionFileTest, PositionsSurviveTheRoundTrip) {
  const LogPositions positions = {{{"jail", "file:1:2:3"}, 100},
                                  {{"other", "file:1:2:3"}, UINT64_MAX}};
  const std::string path = PathFor("round_trip");
  ASSERT_TRUE(WritePositions(path, positions).ok());
  EXPECT_EQ(ReadPositions(path), positions);
}

TEST(PositionFileTest, NoFileMeansNoPositions) {
  EXPECT_TRUE(ReadPositions(PathFor("absent")).empty());
}

TEST(PositionFileTest, UnreadableLinesAreLeftOut) {
  const std::string path = PathFor("garbage");
  std::ofstream(path) << "jail\tlog\t5\nrubbish\n\tx\ty\tz\njail\tlog2\t-1\n"
                      << std::string(3, '\0') << "\n";
  EXPECT_EQ(ReadPositions(path), (LogPositions{{{"jail", "log"}, 5}}));
}

TEST(PositionFileTest, AnUnwritablePathIsNamed) {
  EXPECT_EQ(WritePositions("/nowhere/positions", {}).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mxban
