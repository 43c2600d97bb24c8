#include "ctl/mxban_regex_run.h"

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/ban.h"
#include "common/status_macros.h"
#include "ctl/mxban_regex_filter.h"
#include "ctl/mxban_regex_json.h"
#include "ctl/mxban_regex_log.h"
#include "ctl/mxban_regex_report.h"
#include "ctl/printable.h"
#include "filter/failure_matcher.h"
#include "filter/line_scanner.h"
#include "filter/line_text.h"
#include "filter/regex_leaks.h"

namespace mxban::ctl {
namespace {

using Outcome = FailureMatcher::Outcome;

// Samples are annotated by comments, which are no part of the log.
bool IsComment(absl::string_view line) {
  return line.empty() || line == "\r" || line[0] == '#';
}

// One pass of a matcher over a log.
class Run {
 public:
  Run(const RegexRequest& request, const RegexSurroundings& surroundings,
      FailureMatcher matcher)
      : request_(request),
        surroundings_(surroundings),
        matcher_(std::move(matcher)),
        scanner_({&matcher_.required()}),
        needs_every_line_(!request.json || request.print_missed ||
                          request.print_ignored) {}

  void ReadAll(std::istream& log, uint64_t bytes) {
    const absl::Time start = surroundings_.clock.TimeNow();
    ProgressBar progress(surroundings_.terminal, bytes, surroundings_.notes,
                         surroundings_.clock);
    // Whoever writes to standard input may be slow: each line counts as it
    // comes.
    if (needs_every_line_ || bytes == 0) {
      for (std::string line; std::getline(log, line);) {
        Read(line, {});
        progress.Advance(line.size() + 1);
      }
    } else {
      ReadBlocks(log, progress);
    }
    tally_.took = surroundings_.clock.TimeNow() - start;
  }

  const FailureMatcher& matcher() const { return matcher_; }
  const RegexTally& tally() const { return tally_; }

 private:
  static constexpr size_t kBlockBytes = 256 * 1024;

  void ReadBlocks(std::istream& log, ProgressBar& progress) {
    std::vector<char> buffer(kBlockBytes);
    size_t filled = 0;
    while (log.read(buffer.data() + filled, buffer.size() - filled),
           log.gcount() > 0) {
      filled += log.gcount();
      progress.Advance(log.gcount());
      const absl::string_view all(buffer.data(), filled);
      const size_t whole_lines = all.rfind('\n') + 1;  // npos + 1 is 0.
      ReadLines(all.substr(0, whole_lines));
      filled -= whole_lines;
      std::memmove(buffer.data(), buffer.data() + whole_lines, filled);
      if (filled == buffer.size()) buffer.resize(2 * filled);
    }
    if (filled > 0) Read(absl::string_view(buffer.data(), filled), {});
  }

  // Reads whole lines.
  void ReadLines(absl::string_view lines) {
    while (!lines.empty()) {
      const size_t comment = FirstComment(lines);
      ScanLines(lines.substr(0, comment));
      lines.remove_prefix(comment);
      if (lines.empty()) return;
      const size_t end = lines.find('\n');
      Read(lines.substr(0, end), {});
      lines.remove_prefix(end + 1);
    }
  }

  // Where the first comment begins, or else the end.
  static size_t FirstComment(absl::string_view lines) {
    for (size_t at = lines.find('#'); at != absl::string_view::npos;
         at = lines.find('#', at + 1)) {
      if (at == 0 || lines[at - 1] == '\n') return at;
    }
    return lines.size();
  }

  // Reads those of whole lines, without comments, that may matter. The stamp of
  // a comment would be nobody's time.
  void ScanLines(absl::string_view lines) {
    const absl::Span<const LineScanner::Hit> hits = scanner_.Scan(lines);
    const bool is_each = scanner_.IsForEachLine(0);
    ScannedLines scanned(lines, hits, is_each);
    size_t done = 0;
    while (const auto line = scanned.Next()) {
      FailureMatcher::Surroundings surroundings;
      if (!is_each) surroundings.hits = line->hits;
      surroundings.before = lines.substr(done, line->begin - done);
      line_number_ += CountLines(surroundings.before);
      Read(line->text, surroundings);
      done = line->end;
    }
    matcher_.PassOver(lines.substr(done), Now());
    line_number_ += CountLines(lines.substr(done));
  }

  absl::Time Now() const {
    return request_.now ? *request_.now : surroundings_.clock.TimeNow();
  }

  void Read(absl::string_view line,
            const FailureMatcher::Surroundings& surroundings) {
    ++line_number_;
    if (IsComment(line)) {
      ++tally_.skipped;
      return;
    }
    ++tally_.lines;
    const FailureMatcher::Result result =
        matcher_.Match(line, Now(), surroundings);
    switch (result.outcome) {
      case Outcome::kFailure:
        TakeFailures(result);
        if (request_.print_matched) Print("matched", line);
        break;
      case Outcome::kNoFailure:
        ++tally_.without_failure;
        ++tally_.fail_hits[result.fail_regex];
        if (request_.print_matched) Print("no failure in", line);
        break;
      case Outcome::kRightLogin:
        TakeRightLogin(result);
        if (request_.print_matched) Print("right login in", line);
        break;
      case Outcome::kMissed:
        tally_.missed.Add(line_number_, line);
        if (request_.print_missed) Print("missed", line);
        break;
      case Outcome::kIgnored:
        tally_.ignored.Add(line_number_, line);
        if (request_.print_ignored) Print("ignored", line);
        break;
      case Outcome::kLimitHit:
        tally_.given_up.Add(line_number_, line);
        ++tally_.gave_up[std::string(result.gave_up)];
        if (request_.print_missed) {
          Print(absl::StrCat(result.gave_up, " gave up on"), line);
        }
        break;
    }
  }

  void TakeFailures(const FailureMatcher::Result& result) {
    ++tally_.matched;
    ++tally_.fail_hits[result.fail_regex];
    tally_.failures += result.times.size();
    if (request_.json) PrintFailures(line_number_, result, surroundings_.out);
  }

  void TakeRightLogin(const FailureMatcher::Result& result) {
    ++tally_.right_logins;
    ++tally_.success_hits[result.success_regex];
    std::map<std::string, uint64_t>& users = tally_.right_users;
    const std::string user(result.users[0].substr(0, kMaxUser));
    if (users.size() < RegexTally::kMostUsers || users.contains(user)) {
      ++users[user];
    }
  }

  void Print(absl::string_view what, absl::string_view line) {
    std::ostream& out = request_.json ? surroundings_.notes : surroundings_.out;
    out << what << " " << line_number_ << ": " << PrintableLine(line) << "\n";
  }

  const RegexRequest& request_;
  const RegexSurroundings& surroundings_;
  FailureMatcher matcher_;
  LineScanner scanner_;          // For it alone.
  const bool needs_every_line_;  // For a report, say.
  RegexTally tally_;
  uint64_t line_number_ = 0;
};

// What the author should know before the first line is read.
void PrintNotes(const FilterReading& reading, std::ostream& notes) {
  for (const std::string& note : reading.notes) {
    notes << "note: " << Printable(note) << "\n";
  }
  for (const std::string& leak : RegexLeaks(reading.filter)) {
    notes << "warning: " << Printable(leak) << "\n";
  }
}

// What programs that read objects must know as well.
void PrintLimitHits(const RegexTally& tally, std::ostream& notes) {
  for (const auto& [regex, lines] : tally.gave_up) {
    notes << "warning: " << regex << " gave up on " << lines
          << (lines == 1 ? " line\n" : " lines\n");
  }
}

}  // namespace

absl::Status RunRegex(const RegexRequest& request,
                      const RegexSurroundings& surroundings) {
  ASSIGN_OR_RETURN(const FilterReading reading, FindFilter(request));
  ASSIGN_OR_RETURN(FailureMatcher matcher,
                   FailureMatcher::Compile(reading.filter,
                                           {.time_zone = surroundings.zone}));
  if (!request.json) PrintNotes(reading, surroundings.notes);
  Run run(request, surroundings, std::move(matcher));
  RETURN_IF_ERROR(ReadLog(
      request.log, surroundings.in,
      [&run](std::istream& log, uint64_t bytes) { run.ReadAll(log, bytes); }));
  if (request.json) {
    PrintLimitHits(run.tally(), surroundings.notes);
    return absl::OkStatus();
  }
  PrintReport(reading.filter, run.matcher(), run.tally(),
              {.list_missed = request.list_missed && !request.print_missed,
               .list_ignored = request.list_ignored && !request.print_ignored},
              surroundings.out);
  return absl::OkStatus();
}

}  // namespace mxban::ctl
