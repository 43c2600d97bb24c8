#include "tests/demo/replay.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace mxban::demo {
namespace {

constexpr size_t kStampSize = 15;  // `Nov 23 08:45:23`

struct Line {
  absl::Time time;
  absl::Time turn;   // Not before the lines that precede it in its log.
  size_t log;        // Which one.
  std::string text;  // Without the stamp.
};

// Any year will do, for only differences count; but all must have the same.
absl::StatusOr<absl::Time> ParseStamp(absl::string_view line) {
  absl::Time time;
  std::string error;
  const std::string stamp = absl::StrCat("2024 ", line.substr(0, kStampSize));
  if (absl::ParseTime("%Y %b %e %H:%M:%S", stamp, absl::LocalTimeZone(), &time,
                      &error)) {
    return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no stamp in '", line.substr(0, 60), "': ", error));
}

absl::Status ReadLines(const std::string& path, size_t log,
                       std::vector<Line>& lines) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  absl::Time turn = absl::InfinitePast();
  std::string line;
  while (std::getline(file, line)) {
    const absl::StatusOr<absl::Time> time = ParseStamp(line);
    if (!time.ok()) return time.status();
    turn = std::max(turn, *time);
    lines.push_back({*time, turn, log, line.substr(kStampSize)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Line>> ReadAll(
    const std::vector<ReplayedLog>& logs) {
  std::vector<Line> lines;
  for (size_t i = 0; i < logs.size(); ++i) {
    const absl::Status status = ReadLines(logs[i].from, i, lines);
    if (!status.ok()) return status;
  }
  if (lines.empty()) return absl::InvalidArgumentError("there are no lines");
  std::stable_sort(
      lines.begin(), lines.end(),
      [](const Line& a, const Line& b) { return a.turn < b.turn; });
  return lines;
}

// Lines gather here until Flush() hands them to the log in one piece.
class Writer {
 public:
  explicit Writer(const std::vector<ReplayedLog>& logs) {
    for (const ReplayedLog& log : logs) {
      logs_.emplace_back(log.to, std::ios::app);
    }
  }

  void Append(const Line& line, absl::Time time) {
    logs_[line.log] << absl::FormatTime("%b %e %H:%M:%S", time,
                                        absl::LocalTimeZone())
                    << line.text << '\n';
  }

  absl::Status Flush() {
    for (std::ofstream& log : logs_) {
      if (!log.flush()) return absl::UnavailableError("cannot write a log");
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::ofstream> logs_;
};

}  // namespace

absl::StatusOr<ReplaySummary> Replay(const std::vector<ReplayedLog>& logs,
                                     absl::Duration duration) {
  const absl::StatusOr<std::vector<Line>> lines = ReadAll(logs);
  if (!lines.ok()) return lines.status();
  const absl::Time first = lines->front().turn;
  const absl::Duration span = lines->back().turn - first;
  const double pace =
      span > absl::ZeroDuration() ? absl::FDivDuration(duration, span) : 0;
  const absl::Time start = absl::Now();
  const absl::Duration shift =
      absl::Floor(start - absl::UnixEpoch(), absl::Seconds(1)) -
      (lines->back().turn - absl::UnixEpoch());
  Writer writer(logs);
  absl::Time turn = first;
  for (const Line& line : *lines) {
    if (line.turn != turn) {
      const absl::Status status = writer.Flush();
      if (!status.ok()) return status;
      turn = line.turn;
      absl::SleepFor(start + (turn - first) * pace - absl::Now());
    }
    writer.Append(line, line.time + shift);
  }
  const absl::Status status = writer.Flush();
  if (!status.ok()) return status;
  return ReplaySummary{lines->size(), span};
}

}  // namespace mxban::demo
