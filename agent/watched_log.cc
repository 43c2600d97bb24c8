#include "agent/watched_log.h"

#include <algorithm>

#include "absl/algorithm/container.h"

namespace mxban {
namespace {

using Hits = absl::Span<const LineScanner::Hit>;

LineScanner ScannerOf(const std::vector<WatchedLog::Eye>& eyes) {
  std::vector<const LineRequirements*> filters;
  for (const WatchedLog::Eye& eye : eyes) {
    filters.push_back(&eye.watcher.required());
  }
  return LineScanner(filters);
}

bool IsAnyForEachLine(const std::vector<WatchedLog::Eye>& eyes,
                      const LineScanner& scanner) {
  for (size_t i = 0; i < eyes.size(); ++i) {
    if (!eyes[i].is_double && scanner.IsForEachLine(i)) return true;
  }
  return false;
}

}  // namespace

void WatchedLog::Eye::AddSafePositions(LogPositions& positions) const {
  if (is_double) return;
  for (const auto& [log_id, position] : watcher.SafePositions()) {
    positions[{watcher.jail().name, log_id}] = position;
  }
}

bool WatchedLog::Read(const LogWatcher::Surroundings& surroundings,
                      const LogLine& line, absl::Time now,
                      LogWatcher::Counts& counts) {
  for (Eye& eye : eyes) {
    if (eye.is_double) continue;
    if (!eye.watcher.Read(surroundings, line, std::nullopt, now, counts)) {
      return false;
    }
  }
  return true;
}

size_t WatchedLog::ReadBlock(const LogWatcher::Surroundings& surroundings,
                             absl::string_view lines, uint64_t offset,
                             absl::Time now, LogWatcher::Counts& counts) {
  if (!scanner) scanner = ScannerOf(eyes);
  const Hits hits = scanner->Scan(lines);
  ScannedLines scanned(lines, hits, IsAnyForEachLine(eyes, *scanner));
  size_t done = lines.size();
  while (const auto found = scanned.Next()) {
    const LogLine line = {.text = found->text,
                          .begin = offset + found->begin,
                          .end = offset + found->end,
                          .before = lines.substr(0, found->begin)};
    if (line.text.size() > LineSource::kMaxLineBytes ||
        !ReadScanned(surroundings, line, found->hits, now, counts)) {
      done = found->begin;
      break;
    }
  }
  for (Eye& eye : eyes) {
    if (!eye.is_double) {
      eye.watcher.PassOver(lines.substr(0, done), offset, now);
    }
  }
  return done;
}

bool WatchedLog::ReadScanned(const LogWatcher::Surroundings& surroundings,
                             const LogLine& line, Hits hits, absl::Time now,
                             LogWatcher::Counts& counts) {
  for (size_t i = 0; i < eyes.size(); ++i) {
    if (eyes[i].is_double) continue;
    std::optional<Hits> its;
    if (!scanner->IsForEachLine(i)) {
      its = LineScanner::OfFilter(hits, i);
      if (its->empty()) continue;
    }
    if (!eyes[i].watcher.Read(surroundings, line, its, now, counts)) {
      return false;
    }
  }
  return true;
}

uint64_t WatchedLog::KnownTo() const {
  uint64_t known = UINT64_MAX;
  for (const Eye& eye : eyes) {
    if (!eye.is_double) known = std::min(known, eye.watcher.read_to());
  }
  return known;
}

void WatchedLog::BeginAgain() {
  log_id.clear();
  lines->Restart();
}

bool WatchedLog::IsReadBy(const std::string& jail) const {
  return absl::c_any_of(eyes, [&](const Eye& eye) {
    return eye.watcher.jail().name == jail && !eye.is_double;
  });
}

bool WatchedLog::IsAhead() const {
  return absl::c_any_of(eyes,
                        [](const Eye& eye) { return eye.watcher.is_ahead(); });
}

absl::Duration WatchedLog::Memory() const {
  absl::Duration longest;
  for (const Eye& eye : eyes) {
    const Jail& jail = eye.watcher.jail();
    longest = std::max(longest, jail.find_time + jail.filter.join_time);
    if (!jail.filter.success_regexes.empty()) {
      longest = std::max(longest, jail.good_time);
    }
  }
  return longest;
}

bool IsReadElsewhere(const WatchedLogs& logs, const std::string& name,
                     const std::string& log_id, const std::string& jail) {
  return absl::c_any_of(logs, [&](const auto& other) {
    const auto& [other_name, log] = other;
    return other_name != name && log.log_id == log_id && log.IsReadBy(jail);
  });
}

}  // namespace mxban
