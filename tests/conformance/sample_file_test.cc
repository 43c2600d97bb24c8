#include "tests/conformance/sample_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

absl::StatusOr<std::vector<SampleBlock>> Read(const std::string& text) {
  ConfigDirectory directory;
  directory.Write("f", text).Write("g", "of g\n");
  return ReadSamples(directory.path(), "f");
}

TEST(SampleFileTest, AnAnnotationIsForTheNextLine) {
  const auto blocks = Read(
      "# a comment\n\n"
      "plain\n"
      R"(# failJSON: {"time": "2005-01-02T03:04:05", "match": true, )"
      R"("host": "h", "desc": "x"})"
      "\n# looks like a comment\r\n"
      R"(#failJSON: {"time": null, "match": false, "constraint": "c"})"
      "\nlast");
  ASSERT_THAT(*blocks, SizeIs(1));
  ASSERT_THAT((*blocks)[0].option_sets, SizeIs(1));
  const std::vector<SampleLine>& lines = (*blocks)[0].lines;
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].place, "f:3");
  EXPECT_FALSE(lines[0].matches);
  EXPECT_EQ(lines[1].place, "f:5");
  EXPECT_EQ(lines[1].text, "# looks like a comment");
  EXPECT_TRUE(lines[1].matches);
  EXPECT_EQ(lines[1].failure_id, "h");
  EXPECT_EQ(lines[1].time, absl::CivilSecond(2005, 1, 2, 3, 4, 5));
  EXPECT_FALSE(lines[2].matches);
  EXPECT_TRUE(lines[2].has_no_time);
  EXPECT_EQ(lines[2].constraint, "c");
}

TEST(SampleFileTest, OptionsAreForWhatFollows) {
  const auto blocks = Read(
      "one\n"
      "# fileOptions: {\"logtype\": \"journal\"}\n"
      "two\n"
      "# filterOptions: [{\"mode\": \"a\"}, {\"test.condition\": \"c\"}]\n"
      "# filterOptions: {\"Mode\": \"b\", \"test.prefix-line\": \"p\"}\n"
      "three\n");
  ASSERT_THAT(*blocks, SizeIs(3));
  EXPECT_TRUE((*blocks)[0].option_sets[0].options.empty());
  EXPECT_THAT((*blocks)[1].option_sets[0].options,
              ElementsAre(Pair("logtype", "journal")));
  EXPECT_THAT((*blocks)[2].option_sets[0].options,
              ElementsAre(Pair("logtype", "journal"), Pair("mode", "b")));
  EXPECT_EQ((*blocks)[2].option_sets[0].prefix_line, "p");
}

TEST(SampleFileTest, EachSetOfOptionsHasTheLines) {
  const auto blocks = Read(
      "# filterOptions: [{\"mode\": \"a\"}, {\"test.condition\": \"c\"}]\n"
      "line\n");
  ASSERT_THAT(*blocks, SizeIs(1));
  ASSERT_THAT((*blocks)[0].option_sets, SizeIs(2));
  EXPECT_EQ((*blocks)[0].option_sets[1].condition, "c");
}

TEST(SampleFileTest, AddedFilesFollow) {
  const auto blocks = Read("# addFILE: \"g\"\nline\n");
  ASSERT_THAT(*blocks, SizeIs(2));
  EXPECT_EQ((*blocks)[0].lines[0].place, "f:2");
  EXPECT_EQ((*blocks)[1].lines[0].place, "g:1");
}

TEST(SampleFileTest, MistakesNameTheirPlace) {
  EXPECT_THAT(std::string(Read("\n# failJSON: {\n").status().message()),
              HasSubstr("f:2"));
  EXPECT_EQ(Read("# addFILE: \"h\"\n").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mxban
