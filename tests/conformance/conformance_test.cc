// Holds our filter engine against Fail2Ban's filters and sample logs, those of
// Debian's package or any other collection:
//
//   bazel run //tests/conformance:conformance_test -- --filters DIR --logs DIR
//
// Each file of samples is a test case. It passes if every line tells exactly
// what its annotation says, and lines without one tell nothing.

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "ctl/mxban_regex_filter.h"
#include "filter/failure_matcher.h"
#include "filter/local_zone.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/conformance/condition.h"
#include "tests/conformance/sample_file.h"
#include "tests/filter/config_directory.h"
#include "tests/support/run_program.h"

ABSL_FLAG(std::string, filters, "/etc/fail2ban/filter.d", "Filters to try");
ABSL_FLAG(std::string, logs,
          "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs",
          "The samples, one file for each filter");
ABSL_FLAG(std::string, test_filters, "",
          "Filters that only the samples need; empty: where Fail2Ban has them, "
          "../../config/filter.d from the samples");

namespace mxban {
namespace {

namespace fs = std::filesystem;

constexpr char kZone[] = "CET-01CEST-02,M3.5.0,M10.5.0";
constexpr absl::CivilSecond kNow(2005, 8, 14, 12, 0, 0);

// What we do not reach: `place`, or `place [mode=aggressive]`, and why. A line
// of this list that passes fails the test.
const std::map<std::string, std::string>& Unreached() {
  static const auto& unreached = *new std::map<std::string, std::string>{};
  return unreached;
}

struct Sums {
  int files = 0;
  std::set<std::string> lines;
  int checks = 0;  // A line is checked once for each set of options.
  int failed = 0;
  int broken = 0;  // Filters with these options that do not compile.
};

Sums& TheSums() {
  static Sums& sums = *new Sums;
  return sums;
}

// The C library reads the zone on its own: what it says, we have to say.
absl::Time TimeOf(absl::CivilSecond civil) {
  tm parts = absl::ToTM(absl::FromCivil(civil, absl::UTCTimeZone()),
                        absl::UTCTimeZone());
  parts.tm_isdst = -1;
  return absl::FromTimeT(std::mktime(&parts));
}

absl::Time Now() { return TimeOf(kNow); }

// `flag`, from where the caller of `bazel run` stands.
std::string Directory(const absl::Flag<std::string>& flag) {
  const fs::path path = absl::GetFlag(flag);
  const char* caller = std::getenv("BUILD_WORKING_DIRECTORY");
  return caller == nullptr || path.empty() ? path.string()
                                           : (fs::path(caller) / path).string();
}

// The filters that only the samples need. They include the others by a path
// that depends on how the package was built.
std::string TestFilters() {
  static ConfigDirectory directory;
  static bool is_filled = false;
  std::string from = Directory(FLAGS_test_filters);
  if (from.empty()) from = Directory(FLAGS_logs) + "/../../config/filter.d";
  if (std::exchange(is_filled, true) || !fs::exists(from)) {
    return directory.path();
  }
  for (const auto& file : fs::directory_iterator(from)) {
    std::ifstream in(file.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const size_t begin = text.find("../");
    const size_t end = text.find("/common.conf", begin);
    if (end != std::string::npos) {
      text.replace(begin, end - begin, Directory(FLAGS_filters));
    }
    directory.Write(file.path().filename(), text);
  }
  return directory.path();
}

absl::StatusOr<FailureMatcher> CompileFilter(const std::string& name,
                                             const GivenValues& options) {
  std::string directory = Directory(FLAGS_filters);
  if (!fs::exists(absl::StrCat(directory, "/", name, ".conf"))) {
    directory = TestFilters();
  }
  ASSIGN_OR_RETURN(
      const FilterReading reading,
      ctl::FindFilter(
          {.filter = name, .filter_dir = directory, .options = options}));
  return FailureMatcher::Compile(reading.filter, {.time_zone = LocalZone()});
}

std::string Told(bool matches, absl::string_view id,
                 const std::optional<absl::Time>& time) {
  if (!matches) return "no failure";
  return absl::StrCat(
      id, " at ",
      time ? absl::FormatTime("%Y-%m-%d %H:%M:%S", *time, LocalZone())
           : "no time");
}

std::string Told(const FailureMatcher::Result& result) {
  if (result.outcome == FailureMatcher::Outcome::kLimitHit) {
    return absl::StrCat(result.gave_up, " gave up");
  }
  if (result.outcome != FailureMatcher::Outcome::kFailure) return "no failure";
  return absl::StrJoin(
      result.times, ", ", [&result](std::string* out, const auto& time) {
        absl::StrAppend(out, Told(true, result.failure_id, time));
      });
}

// What `line` should have told; what its annotation leaves open, as `result`
// has it.
std::string Expected(const SampleLine& line,
                     const FailureMatcher::Result& result) {
  std::optional<absl::Time> time;
  if (line.time) {
    time = TimeOf(*line.time);
  } else if (!line.has_no_time && result.times.size() == 1) {
    time = result.times[0];
  }
  const std::string id(result.failure_id);
  return Told(line.matches, line.failure_id.value_or(id), time);
}

// One file of samples against the filter of its name.
class SampleTest : public testing::Test {
 public:
  explicit SampleTest(std::string name) : name_(std::move(name)) {}

  void TestBody() override {
    const auto blocks = ReadSamples(Directory(FLAGS_logs), name_);
    ASSERT_TRUE(blocks.ok()) << blocks.status();
    ++TheSums().files;
    for (const SampleBlock& block : *blocks) {
      for (const SampleLine& line : block.lines) {
        for (const SampleOptions& set : block.option_sets) Check(line, set);
      }
    }
  }

 private:
  void Check(const SampleLine& line, const SampleOptions& set) {
    if (!Applies(set.condition, set) || !Applies(line.constraint, set)) return;
    FailureMatcher* matcher = MatcherFor(set.options);
    if (matcher == nullptr) return;
    const std::string text = absl::StrCat(set.prefix_line, line.text);
    const FailureMatcher::Result result = matcher->Match(text, Now());
    const std::string told = Told(result);
    const std::string expected = Expected(line, result);
    const std::string place = absl::StrCat(line.place, Named(set.options));
    TheSums().lines.insert(line.place);
    ++TheSums().checks;
    if (Unreached().contains(place)) {
      EXPECT_NE(told, expected) << place << " passes: strike it off the list";
      return;
    }
    if (told != expected) ++TheSums().failed;
    EXPECT_EQ(told, expected) << place << ": " << text;
  }

  bool Applies(const std::string& condition, const SampleOptions& set) {
    const absl::StatusOr<bool> holds = Holds(condition, name_, set.options);
    EXPECT_TRUE(holds.ok()) << name_ << ": " << holds.status();
    return holds.value_or(false);
  }

  static std::string Named(const GivenValues& options) {
    if (options.empty()) return "";
    return absl::StrCat(
        " [", absl::StrJoin(options, ",", absl::PairFormatter("=")), "]");
  }

  // Kept for the whole file, for lines may belong together.
  FailureMatcher* MatcherFor(const GivenValues& options) {
    const auto [found, is_new] = matchers_.try_emplace(options);
    if (is_new) {
      auto matcher = CompileFilter(name_, options);
      EXPECT_TRUE(matcher.ok())
          << name_ << Named(options) << ": " << matcher.status();
      if (!matcher.ok()) ++TheSums().broken;
      if (matcher.ok()) found->second = *std::move(matcher);
    }
    return found->second ? &*found->second : nullptr;
  }

  const std::string name_;
  std::map<GivenValues, std::optional<FailureMatcher>> matchers_;
};

// Nothing to test is no success.
class MissingTest : public testing::Test {
 public:
  void TestBody() override {
    FAIL() << "no samples in " << Directory(FLAGS_logs) << " or no filters in "
           << Directory(FLAGS_filters)
           << "; Debian's package has them: tools/install --check";
  }
};

std::vector<std::string> SampleNames() {
  std::vector<std::string> names;
  std::error_code error;
  if (!fs::is_directory(Directory(FLAGS_filters), error)) return {};
  for (fs::directory_iterator at(Directory(FLAGS_logs), error), end;
       !error && at != end; at.increment(error)) {
    if (at->is_regular_file()) names.push_back(at->path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void RegisterSamples() {
  const std::vector<std::string> names = SampleNames();
  if (names.empty()) {
    testing::RegisterTest("Conformance", "Samples", nullptr, nullptr, __FILE__,
                          __LINE__, [] { return new MissingTest; });
  }
  for (const std::string& name : names) {
    testing::RegisterTest(
        "Conformance", absl::StrReplaceAll(name, {{"-", "_"}}).c_str(), nullptr,
        nullptr, __FILE__, __LINE__, [name] { return new SampleTest(name); });
  }
}

// The same through the program itself and its contract of JSON.
TEST(ConformanceProgramTest, JsonTellsWhatTheSamplesSay) {
  constexpr char kName[] = "sendmail-auth";
  const auto blocks = ReadSamples(Directory(FLAGS_logs), kName);
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  std::string expected;
  for (const SampleBlock& block : *blocks) {
    for (const SampleLine& line : block.lines) {
      if (!line.matches) continue;
      const std::string number = line.place.substr(line.place.find(':') + 1);
      const nlohmann::ordered_json object = {
          {"line", std::stoi(number)},
          {"host", *line.failure_id},
          {"time",
           static_cast<double>(absl::ToUnixSeconds(TimeOf(*line.time)))},
          {"failid", *line.failure_id}};
      absl::StrAppend(&expected, object.dump(), "\n");
    }
  }
  const ProgramOutput output = RunProgram(absl::StrCat(
      "(exec 2>/dev/null; ctl/mxban-regex --json --now=",
      absl::ToUnixSeconds(Now()), " --filter-dir=", Directory(FLAGS_filters),
      " ", Directory(FLAGS_logs), "/", kName, " ", kName, ")"));
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(output.text, expected);
}

int Main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  setenv("TZ", kZone, /*overwrite=*/1);
  tzset();
  RegisterSamples();
  const int result = RUN_ALL_TESTS();
  const Sums& sums = TheSums();
  std::cout << "Samples: " << sums.files << " files, " << sums.lines.size()
            << " lines, " << sums.checks << " checks, " << sums.failed
            << " failed, " << sums.broken << " filters broken\n";
  return result;
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) { return mxban::Main(argc, argv); }
