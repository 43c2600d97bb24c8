#include "agent/log_reader.h"

#include <glob.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr int kLookAnywayMs = 1'000;

// The files that `pattern` names now; itself if it is a plain path, which may
// appear later.
std::vector<std::string> ExpandGlob(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

LogReader::LogReader(FailureOutbox& outbox, const Clock& clock, Options options)
    : outbox_(outbox),
      clock_(clock),
      options_(std::move(options)),
      positions_(options_.positions),
      inotify_fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      safe_positions_(options_.positions) {}

LogReader::~LogReader() {
  Stop();
  if (inotify_fd_ >= 0) close(inotify_fd_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

absl::Status LogReader::Start() {
  if (inotify_fd_ < 0 || wake_fd_ < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot watch logs: ", std::strerror(errno)));
  }
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

void LogReader::Stop() {
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

void LogReader::SetJails(std::vector<Jail> jails) {
  {
    absl::MutexLock lock(&mutex_);
    new_jails_ = std::make_unique<std::vector<Jail>>(std::move(jails));
  }
  Wake();
}

void LogReader::Wake() { eventfd_write(wake_fd_, 1); }

bool LogReader::Poll() {
  ApplyJails();
  bool has_room = true;
  counts_.overlong_lines = counts_.open_logs = 0;
  for (auto& [path, source] : sources_) {
    if (has_room) {
      has_room = source.tailer->Poll(
          [&, &source = source](absl::string_view line, uint64_t end_offset) {
            return ReadLine(source, line, end_offset);
          });
    }
    counts_.overlong_lines += source.tailer->overlong_lines();
    counts_.open_logs += source.tailer->fd() >= 0 ? 1 : 0;
  }
  PublishState();
  return has_room;
}

LogReader::Statistics LogReader::statistics() const {
  absl::MutexLock lock(&mutex_);
  return statistics_;
}

LogPositions LogReader::SafePositions() const {
  absl::MutexLock lock(&mutex_);
  return safe_positions_;
}

void LogReader::Loop() {
  while (!stopping_) {
    Poll();
    // What came between reading and watching would go unnoticed.
    if (WatchFiles()) Poll();
    if (!WaitForNews()) FindLogs();
  }
}

bool LogReader::WaitForNews() {
  pollfd fds[] = {{inotify_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  const bool is_news = poll(fds, 2, kLookAnywayMs) > 0;
  // That something happened is news enough; Poll() sees what.
  alignas(inotify_event) char events[4096];
  while (read(inotify_fd_, events, sizeof(events)) > 0) {
  }
  eventfd_t wakes;
  eventfd_read(wake_fd_, &wakes);
  return is_news;
}

void LogReader::ApplyJails() {
  std::unique_ptr<std::vector<Jail>> jails;
  {
    absl::MutexLock lock(&mutex_);
    jails = std::move(new_jails_);
  }
  if (jails == nullptr || *jails == jails_) return;
  jails_ = *std::move(jails);
  for (auto& [path, source] : sources_) {
    RememberPositions(source);
    source.watchers.clear();
  }
  FindLogs();
  absl::erase_if(sources_, [](const auto& source) {
    return source.second.watchers.empty();
  });
}

void LogReader::FindLogs() {
  for (const Jail& jail : jails_) {
    const auto replaced = options_.log_paths.find(jail.name);
    const std::vector<std::string>& patterns =
        replaced == options_.log_paths.end() ? jail.log_paths
                                             : replaced->second;
    for (const std::string& pattern : patterns) {
      for (const std::string& path : ExpandGlob(pattern)) {
        AddWatcher(jail, path);
      }
    }
  }
}

void LogReader::AddWatcher(const Jail& jail, const std::string& path) {
  Source& source = sources_[path];
  const bool is_there = std::any_of(
      source.watchers.begin(), source.watchers.end(),
      [&](const Watcher& watcher) { return watcher.jail.name == jail.name; });
  if (is_there) return;
  absl::StatusOr<FailureMatcher> matcher =
      FailureMatcher::Compile(jail.filter, {.time_zone = options_.time_zone});
  if (!matcher.ok()) {
    spdlog::error("jail {} is left out: {}", jail.name,
                  std::string(matcher.status().message()));
    return;
  }
  spdlog::info("jail {} watches {}", jail.name, path);
  RememberPositions(source);
  source.watchers.push_back({jail, *std::move(matcher)});
  // Begins again where the newcomer does; the others pass over what they know.
  source.log_id.clear();
  source.tailer = std::make_unique<LogTailer>(
      path, [this, path](const std::string& log_id) {
        return StartOffset(path, log_id);
      });
}

bool LogReader::IsRead(const std::string& log_id, const std::string& jail,
                       const std::string& path) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& other) {
    const auto& [other_path, source] = other;
    return other_path != path && source.log_id == log_id &&
           std::any_of(source.watchers.begin(), source.watchers.end(),
                       [&](const Watcher& watcher) {
                         return watcher.jail.name == jail && !watcher.is_double;
                       });
  });
}

bool LogReader::ReadLine(Source& source, absl::string_view line,
                         uint64_t end_offset) {
  const absl::Time now = clock_.TimeNow();
  if (stopping_) return false;
  const std::string& log_id = source.tailer->log_id();
  ++counts_.lines;
  for (Watcher& watcher : source.watchers) {
    // Another jail may begin earlier, or have refused this line before.
    if (watcher.is_double || end_offset <= watcher.position) continue;
    if (!Report(watcher, log_id, line, end_offset, now)) return false;
    watcher.position = end_offset;
  }
  return true;
}

bool LogReader::Report(Watcher& watcher, const std::string& log_id,
                       absl::string_view line, uint64_t end_offset,
                       absl::Time now) {
  const FailureMatcher::Result result = watcher.matcher.Match(line, now);
  if (result.outcome == FailureMatcher::Outcome::kLimitHit) {
    ++counts_.regex_limit_hits;
  }
  if (result.outcome != FailureMatcher::Outcome::kFailure) return true;
  const absl::StatusOr<IpNetwork> source = IpNetwork::Parse(result.failure_id);
  if (!source.ok() || !source->is_address()) {
    ++counts_.without_address;
    return true;
  }
  const absl::Time time = result.time.value_or(now);
  if (time <= now - watcher.jail.find_time) {
    ++counts_.too_old;
    return true;
  }
  std::vector<Failure> failures = {
      {*source, time, end_offset, PrintableText(line, kMaxEvidenceText)}};
  if (!outbox_.Add(watcher.jail.name, log_id, std::move(failures))) {
    return false;
  }
  ++counts_.failures;
  return true;
}

uint64_t LogReader::StartOffset(const std::string& path,
                                const std::string& log_id) {
  Source& source = sources_[path];
  RememberPositions(source);
  source.log_id = log_id;
  uint64_t offset = UINT64_MAX;
  for (Watcher& watcher : source.watchers) {
    watcher.position = PositionOf(watcher.jail.name, log_id);
    watcher.is_double = IsRead(log_id, watcher.jail.name, path);
    offset = std::min(offset, watcher.position);
  }
  return offset;
}

uint64_t LogReader::PositionOf(const std::string& jail,
                               const std::string& log_id) const {
  const auto found = positions_.find({jail, log_id});
  return found == positions_.end() ? 0 : found->second;
}

bool LogReader::WatchFiles() {
  bool is_new = false;
  std::set<std::string> directories;
  for (auto& [path, source] : sources_) {
    directories.insert(DirectoryOf(path));
    if (source.tailer->fd() < 0) {
      // Its first line is worth waking for, wherever it comes from.
      inotify_add_watch(inotify_fd_, path.c_str(), IN_MODIFY);
      is_new = true;
      continue;
    }
    if (source.watched_id == source.tailer->log_id()) continue;
    if (source.file_watch >= 0) {
      inotify_rm_watch(inotify_fd_, source.file_watch);
    }
    // The open file itself: its name may be another's by now.
    source.file_watch = inotify_add_watch(
        inotify_fd_,
        absl::StrCat("/proc/self/fd/", source.tailer->fd()).c_str(), IN_MODIFY);
    source.watched_id = source.tailer->log_id();
    is_new = true;
  }
  // Adding a watch that exists changes nothing.
  for (const std::string& directory : directories) {
    inotify_add_watch(inotify_fd_, directory.c_str(), IN_CREATE | IN_MOVED_TO);
  }
  return is_new;
}

void LogReader::RememberPositions(const Source& source) {
  if (source.log_id.empty()) return;
  for (const Watcher& watcher : source.watchers) {
    if (watcher.is_double) continue;
    positions_[{watcher.jail.name, source.log_id}] = watcher.position;
  }
}

void LogReader::PublishState() {
  for (const auto& [path, source] : sources_) RememberPositions(source);
  const LogPositions acknowledged = outbox_.acknowledged();
  absl::MutexLock lock(&mutex_);
  statistics_ = counts_;
  for (const auto& [key, position] : positions_) {
    uint64_t& safe = safe_positions_[key];
    const auto sent = acknowledged.find(key);
    const bool is_settled = outbox_.IsSettled(key.first, key.second);
    if (is_settled) {
      safe = std::max(safe, position);
    } else if (sent != acknowledged.end()) {
      safe = std::max(safe, sent->second);
    }
  }
}

}  // namespace mxban
