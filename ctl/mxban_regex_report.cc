#include "ctl/mxban_regex_report.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/printable.h"

namespace mxban::ctl {
namespace {

constexpr size_t kMostBytes = 4096;

void PrintCount(uint64_t count, absl::string_view what, std::ostream& out) {
  out << absl::StrFormat("%9d  %s\n", count, what);
}

std::string Numbered(size_t index, absl::string_view expression) {
  return absl::StrFormat("%2d. %s", index + 1, Printable(expression));
}

// Lists `expressions`, each with how often it hit.
void PrintHits(const std::vector<std::string>& expressions,
               const std::map<int, uint64_t>& hits, std::ostream& out) {
  for (size_t i = 0; i < expressions.size(); ++i) {
    const auto found = hits.find(static_cast<int>(i));
    PrintCount(found == hits.end() ? 0 : found->second,
               Numbered(i, expressions[i]), out);
  }
}

void PrintExpressions(const Filter& filter, const RegexTally& tally,
                      std::ostream& out) {
  if (!filter.prefix_regex.empty()) {
    out << "Prefregex:\n           " << Printable(filter.prefix_regex)
        << "\n\n";
  }
  out << "Failregex, by hits:\n";
  PrintHits(filter.fail_regexes, tally.fail_hits, out);
  if (!filter.success_regexes.empty()) {
    out << "\nSuccessregex, by hits:\n";
    PrintHits(filter.success_regexes, tally.success_hits, out);
  }
  if (filter.ignore_regexes.empty()) return;
  out << "\nIgnoreregex:\n";
  for (size_t i = 0; i < filter.ignore_regexes.size(); ++i) {
    out << "           " << Numbered(i, filter.ignore_regexes[i]) << "\n";
  }
}

void PrintStamps(const FailureMatcher& matcher, const RegexTally& tally,
                 std::ostream& out) {
  out << "\nTime stamps, by lines:\n";
  uint64_t without = tally.lines;
  for (const auto& [name, lines] : matcher.stamp_counts()) {
    if (lines > 0) PrintCount(lines, Printable(name), out);
    without -= lines;
  }
  if (without > 0) PrintCount(without, "none", out);
}

// Lists `sample`; `option` prints all of them.
void PrintSample(absl::string_view title, absl::string_view option,
                 const LineSample& sample, std::ostream& out) {
  if (sample.count() == 0) return;
  out << "\n" << title << " lines";
  if (sample.count() > sample.lines().size()) {
    out << ", the first " << sample.lines().size() << " of " << sample.count()
        << " (" << option << " prints all)";
  }
  out << ":\n";
  for (const LineSample::Line& line : sample.lines()) {
    PrintCount(line.number, line.text, out);
  }
}

// Who logged in rightly, the most frequent first.
void PrintRightUsers(const RegexTally& tally, std::ostream& out) {
  if (tally.right_users.empty()) return;
  std::vector<std::pair<uint64_t, std::string>> users;
  for (const auto& [user, logins] : tally.right_users) {
    users.emplace_back(logins, user);
  }
  absl::c_sort(users, [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  });
  const size_t shown = std::min(users.size(), LineSample::kMost);
  out << "\nUsers with right logins";
  if (users.size() == RegexTally::kMostUsers) {
    out << ", some of them";
  } else if (shown < users.size()) {
    out << ", the first " << shown << " of " << users.size();
  }
  out << ":\n";
  for (size_t i = 0; i < shown; ++i) {
    PrintCount(users[i].first, PrintableLine(users[i].second), out);
  }
}

void PrintSums(const RegexTally& tally, std::ostream& out) {
  out << "\nLines: " << tally.lines << ", matched: " << tally.matched
      << ", missed: " << tally.missed.count()
      << ", ignored: " << tally.ignored.count()
      << ", given up: " << tally.given_up.count();
  if (tally.without_failure > 0) {
    out << ", hit without a failure: " << tally.without_failure;
  }
  if (tally.right_logins > 0) {
    out << ", right logins: " << tally.right_logins;
  }
  if (tally.skipped > 0) out << ", skipped: " << tally.skipped;
  out << "\n";
  if (tally.failures != tally.matched) {
    out << "Failures: " << tally.failures << "\n";
  }
  for (const auto& [what, count] : tally.gave_up) {
    out << "Given up by " << what << ": " << count << "\n";
  }
  const double seconds = absl::ToDoubleSeconds(tally.took);
  out << absl::StrFormat("Took %.3f s", seconds);
  if (seconds > 0) {
    out << absl::StrFormat(", %.0f lines/s", tally.lines / seconds);
  }
  out << "\n";
}

}  // namespace

void LineSample::Add(uint64_t number, absl::string_view line) {
  ++count_;
  if (lines_.size() >= kMost) return;
  lines_.push_back({.number = number, .text = PrintableLine(line)});
}

std::string PrintableLine(absl::string_view line) {
  return absl::StrCat(Printable(line.substr(0, kMostBytes)),
                      line.size() > kMostBytes ? "..." : "");
}

void PrintReport(const Filter& filter, const FailureMatcher& matcher,
                 const RegexTally& tally, const ReportOptions& options,
                 std::ostream& out) {
  PrintExpressions(filter, tally, out);
  PrintStamps(matcher, tally, out);
  PrintRightUsers(tally, out);
  if (options.list_ignored) {
    PrintSample("Ignored", "--print-ignored", tally.ignored, out);
  }
  if (options.list_missed) {
    PrintSample("Given up", "--print-missed", tally.given_up, out);
    PrintSample("Missed", "--print-missed", tally.missed, out);
  }
  PrintSums(tally, out);
}

}  // namespace mxban::ctl
