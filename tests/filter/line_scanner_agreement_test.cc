// Whoever has the lines that a scanner finds matched learns the same from a log
// as who has each line matched, and needs no memory for it.

#include <cstdlib>
#include <iterator>
#include <new>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "filter/line_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/scan_lines.h"
#include "tests/filter/sendmail_corpus.h"

namespace {
size_t allocations = 0;
}  // namespace

// Sanitizers have allocators of their own, which want all of memory.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MXBAN_COUNTS_ALLOCATIONS 1
void* operator new(size_t size) {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace mxban {
namespace {

std::string ReadLog(const std::string& name) {
  std::ifstream log(CorpusPath(name));
  EXPECT_TRUE(log.is_open()) << name;
  return {std::istreambuf_iterator<char>(log), {}};
}

// What a line told of a failure or a right login; nothing of others.
void Note(absl::string_view line, const FailureMatcher::Result& result,
          std::vector<std::string>& told) {
  if (result.times.empty()) return;
  told.push_back(absl::StrCat(line, ": ", result.host, " ", result.fail_regex));
  for (size_t i = 0; i < result.times.size(); ++i) {
    absl::StrAppend(
        &told.back(), " ", result.users[i], " at ",
        absl::FormatTime(result.times[i].value_or(absl::InfinitePast())));
  }
}

using Case = std::tuple<const char*, const char*>;

class LineScannerAgreementTest : public testing::TestWithParam<Case> {};

TEST_P(LineScannerAgreementTest, TheLinesFoundTellAllThatTheLogTells) {
  const auto& [filter, name] = GetParam();
  const std::string log = ReadLog(name);
  std::vector<std::string> by_line, by_scan;
  FailureMatcher each = LoadSendmailFilter(filter);
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    Note(line, each.Match(line, kCorpusNow), by_line);
  }
  FailureMatcher found = LoadSendmailFilter(filter);
  LineScanner scanner({&found.required()});
  ASSERT_FALSE(scanner.IsForEachLine(0));
  size_t matched = 0;
  ScanLines(found, scanner, log, kCorpusNow,
            [&](absl::string_view line, const FailureMatcher::Result& result) {
              ++matched;
              Note(line, result, by_scan);
            });
  EXPECT_EQ(by_scan, by_line);
  EXPECT_FALSE(by_line.empty());
  EXPECT_LT(matched, CountLines(log));
}

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  const auto& [filter, name] = info.param;
  return absl::StrJoin(
      absl::StrSplit(absl::StrCat(filter, "_", name), absl::ByAnyChar("-/.")),
      "_");
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, LineScannerAgreementTest,
    testing::Combine(testing::Values("sendmail-auth", "sendmail-reject",
                                     "sendmail-flood"),
                     testing::Values("mx1/mail.log", "mx1/mail.iso.log",
                                     "mx2/mail.log", "mx3/mail.log")),
    NameOf);

#ifdef MXBAN_COUNTS_ALLOCATIONS
TEST(MatchPathTest, TakesNoMemoryOnceItIsWarm) {
  const std::string log = ReadLog("mx1/mail.log");
  // No session is followed: what one tells is remembered.
  FailureMatcher matcher = *FailureMatcher::Compile(
      {.fail_regexes = {"AUTH failure .*relay=(?:\\S+ )?\\[<IP4>\\]"},
       .ignore_regexes = {"nobody"},
       .prefix_regex = "sm-mta\\[\\d+\\]: <F-CONTENT>.+</F-CONTENT>$",
       .success_regexes = {"AUTH=server, relay=.*\\[<IP4>\\], "
                           "authid=<F-USER>[^,]+</F-USER>,"}},
      {.time_zone = absl::UTCTimeZone()});
  LineScanner scanner({&matcher.required()});
  size_t failures = 0, right_logins = 0;
  const auto read = [&] {
    ScanLines(matcher, scanner, log, kCorpusNow,
              [&](absl::string_view, const FailureMatcher::Result& result) {
                failures += result.outcome == FailureMatcher::Outcome::kFailure;
                right_logins +=
                    result.outcome == FailureMatcher::Outcome::kRightLogin;
              });
  };
  read();
  EXPECT_GT(failures, 0u);
  EXPECT_GT(right_logins, 0u);
  const size_t before = allocations;
  read();
  EXPECT_EQ(allocations, before);
}
#endif

}  // namespace
}  // namespace mxban
