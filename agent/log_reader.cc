#include "agent/log_reader.h"

#include <glob.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/log_seek.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr int kLookAnywayMs = 1'000;

// Less is read as fast as it is sought.
constexpr uint64_t kWorthSeeking = 1 << 20;

// Writers' clocks may differ a little, and so may the order of their lines.
constexpr absl::Duration kStampSlack = absl::Minutes(1);

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

// What one source's tailer asks of the reader.
class LogReader::SourceGuide final : public LogTailer::Guide {
 public:
  SourceGuide(LogReader& reader, std::string path)
      : reader_(reader), path_(std::move(path)) {}

  absl::Time Oldest() const override { return reader_.Oldest(source()); }
  std::vector<std::string> KnownLogs() const override {
    reader_.RememberPositions(source());
    std::vector<std::string> logs;
    for (const auto& [key, position] : reader_.positions_) {
      logs.push_back(key.second);
    }
    return logs;
  }
  uint64_t StartOffset(const std::string& log_id, LogFile& log) override {
    return reader_.StartOffset(source(), log_id, log);
  }
  void TurnTo(const std::string& log_id) override {
    reader_.TurnTo(path_, log_id);
  }

 private:
  Source& source() const { return reader_.sources_[path_]; }

  LogReader& reader_;
  const std::string path_;
};

LogReader::LogReader(FailureOutbox& outbox, LocalCounter& local_counter,
                     const Clock& clock, Options options)
    : outbox_(outbox),
      local_counter_(local_counter),
      clock_(clock),
      options_(std::move(options)),
      names_(std::in_place, options_.look_up_name, [this] { Wake(); }),
      surroundings_{outbox_, local_counter_, *names_, is_alone_,
                    options_.own_addresses},
      positions_(options_.positions),
      inotify_fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      safe_positions_(options_.positions) {}

LogReader::~LogReader() {
  Stop();
  names_.reset();
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

void LogReader::SetAlone(bool is_alone) {
  is_alone_ = is_alone;
  Wake();
}

void LogReader::Wake() { eventfd_write(wake_fd_, 1); }

bool LogReader::Poll() {
  ApplyJails();
  if (!is_alone_ && outbox_.HasRoom()) ReadAgain();
  bool is_done = true;
  counts_.overlong_lines = counts_.open_logs = 0;
  for (auto& [path, source] : sources_) {
    const bool is_read = source.tailer->Poll(
        [&, &source = source](absl::string_view line, uint64_t end_offset) {
          return ReadLine(source, line, end_offset);
        },
        [&, &source = source](absl::string_view lines, uint64_t offset) {
          return SkipLines(source, lines, offset);
        });
    if (is_read && source.tailer->fd() >= 0) {
      for (Eye& eye : source.eyes) eye.watcher.set_caught_up();
    }
    is_done &= is_read;
    counts_.overlong_lines += source.tailer->overlong_lines();
    counts_.open_logs += source.tailer->fd() >= 0 ? 1 : 0;
  }
  PublishState();
  return is_done;
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
  broken_jails_.clear();
  for (auto& [path, source] : sources_) KeepWatchers(path, source);
  FindLogs();
  absl::erase_if(sources_,
                 [](const auto& source) { return source.second.eyes.empty(); });
}

void LogReader::KeepWatchers(const std::string& path, Source& source) {
  RememberPositions(source);
  std::erase_if(source.eyes, [&](Eye& eye) {
    for (const Jail& jail : jails_) {
      if (jail.name == eye.watcher.jail().name &&
          absl::c_linear_search(LogsOf(jail), path) &&
          eye.watcher.Adopt(jail)) {
        return false;
      }
    }
    if (!source.log_id.empty() && !eye.is_double) {
      for (const auto& [log_id, position] : eye.watcher.SafePositions()) {
        positions_[{eye.watcher.jail().name, log_id}] = position;
      }
    }
    return true;
  });
}

std::vector<std::string> LogReader::LogsOf(const Jail& jail) const {
  const auto replaced = options_.log_paths.find(jail.name);
  std::vector<std::string> logs;
  for (const std::string& pattern : replaced == options_.log_paths.end()
                                        ? jail.log_paths
                                        : replaced->second) {
    absl::c_move(ExpandGlob(pattern), std::back_inserter(logs));
  }
  return logs;
}

void LogReader::FindLogs() {
  for (const Jail& jail : jails_) {
    if (broken_jails_.contains(jail.name)) continue;
    for (const std::string& path : LogsOf(jail)) AddWatcher(jail, path);
  }
  ForgetLogs();
}

void LogReader::AddWatcher(const Jail& jail, const std::string& path) {
  const auto known = sources_.find(path);
  if (known != sources_.end() &&
      absl::c_any_of(known->second.eyes, [&](const Eye& eye) {
        return eye.watcher.jail().name == jail.name;
      })) {
    return;
  }
  absl::StatusOr<LogWatcher> watcher =
      LogWatcher::Create(jail, options_.time_zone);
  if (!watcher.ok()) {
    spdlog::error("jail {} is left out: {}", jail.name,
                  std::string(watcher.status().message()));
    broken_jails_.insert(jail.name);
    return;
  }
  spdlog::info("jail {} watches {}", jail.name, path);
  Source& source = sources_[path];
  RememberPositions(source);
  source.eyes.push_back({.watcher = *std::move(watcher)});
  // Begins again where the newcomer does; the others pass over what they know.
  source.log_id.clear();
  source.guide = std::make_unique<SourceGuide>(*this, path);
  source.tailer = std::make_unique<LogTailer>(path, *source.guide);
}

void LogReader::ReadAgain() {
  for (auto& [path, source] : sources_) {
    RememberPositions(source);
    bool is_ahead = false;
    for (Eye& eye : source.eyes) {
      if (!eye.watcher.is_ahead()) continue;
      // What it knows is of the lines to come.
      absl::StatusOr<LogWatcher> watcher =
          LogWatcher::Create(eye.watcher.jail(), options_.time_zone);
      if (!watcher.ok()) continue;
      eye.watcher = *std::move(watcher);
      is_ahead = true;
    }
    if (!is_ahead) continue;
    source.log_id.clear();
    source.tailer->Restart();
  }
}

void LogReader::ForgetLogs() {
  std::set<std::string> found;
  for (const auto& [path, source] : sources_) {
    if (!source.tailer->has_looked()) return;
    found.insert(source.tailer->logs_found().begin(),
                 source.tailer->logs_found().end());
  }
  absl::MutexLock lock(&mutex_);
  absl::erase_if(positions_, [&](const auto& position) {
    const auto& [jail, log_id] = position.first;
    if (found.contains(log_id) || !outbox_.IsSettled(jail, log_id)) {
      return false;
    }
    outbox_.ForgetLog(jail, log_id);
    local_counter_.ForgetLog(jail, log_id);
    safe_positions_.erase(position.first);
    return true;
  });
}

bool LogReader::IsRead(const std::string& log_id, const std::string& jail,
                       const std::string& path) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& other) {
    const auto& [other_path, source] = other;
    return other_path != path && source.log_id == log_id &&
           std::any_of(
               source.eyes.begin(), source.eyes.end(), [&](const Eye& eye) {
                 return eye.watcher.jail().name == jail && !eye.is_double;
               });
  });
}

bool LogReader::ReadLine(Source& source, absl::string_view line,
                         uint64_t end_offset) {
  const absl::Time now = clock_.TimeNow();
  if (stopping_) return false;
  for (Eye& eye : source.eyes) {
    if (eye.is_double) continue;
    if (!eye.watcher.Read(surroundings_, line, end_offset, now, counts_)) {
      return false;
    }
  }
  ++counts_.lines;
  return true;
}

size_t LogReader::SkipLines(Source& source, absl::string_view lines,
                            uint64_t offset) {
  for (Eye& eye : source.eyes) {
    if (eye.is_double) continue;
    lines = lines.substr(0, eye.watcher.Skippable(lines, offset));
    if (lines.empty()) return 0;
  }
  const absl::Time now = clock_.TimeNow();
  uint64_t count = 0;
  for (Eye& eye : source.eyes) {
    if (eye.is_double) continue;
    count = std::max(count, eye.watcher.Skip(lines, offset, now));
  }
  counts_.lines += count;
  return lines.size();
}

// Lines older than this tell none of the jails anything that counts.
absl::Time LogReader::Oldest(const Source& source) const {
  absl::Duration longest;
  for (const Eye& eye : source.eyes) {
    const Jail& jail = eye.watcher.jail();
    longest = std::max(longest, jail.find_time + jail.filter.join_time);
  }
  return clock_.TimeNow() - longest - kStampSlack;
}

uint64_t LogReader::StartOffset(Source& source, const std::string& log_id,
                                LogFile& log) {
  uint64_t offset = UINT64_MAX;
  for (const Eye& eye : source.eyes) {
    offset = std::min(offset, PositionOf(eye.watcher.jail().name, log_id));
  }
  const uint64_t size = log.size().value_or(0);
  if (size < offset || size - offset < kWorthSeeking) return offset;
  LogWatcher& watcher = source.eyes.front().watcher;
  return SeekTime(log, offset, size, Oldest(source),
                  [&](absl::string_view line) {
                    return watcher.StampOf(line, clock_.TimeNow());
                  });
}

void LogReader::TurnTo(const std::string& path, const std::string& log_id) {
  Source& source = sources_[path];
  source.log_id = log_id;
  for (Eye& eye : source.eyes) {
    const std::string& jail = eye.watcher.jail().name;
    eye.watcher.TurnTo(log_id, PositionOf(jail, log_id));
    eye.is_double = IsRead(log_id, jail, path);
  }
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
    // The first line is worth waking for, wherever it comes from: that of a log
    // that is not open yet, be it the first one or that after a rotation.
    const int path_watch =
        inotify_add_watch(inotify_fd_, path.c_str(), IN_MODIFY);
    is_new |= std::exchange(source.path_watch, path_watch) != path_watch;
    if (source.tailer->fd() < 0) continue;
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
  for (const Eye& eye : source.eyes) {
    if (eye.is_double) continue;
    positions_[{eye.watcher.jail().name, source.log_id}] =
        eye.watcher.position();
  }
}

void LogReader::PublishState() {
  LogPositions waiting;  // What has to be read again if we forget it.
  for (const auto& [path, source] : sources_) {
    RememberPositions(source);
    for (const Eye& eye : source.eyes) {
      if (eye.is_double) continue;
      for (const auto& [log_id, position] : eye.watcher.SafePositions()) {
        waiting[{eye.watcher.jail().name, log_id}] = position;
      }
    }
  }
  const LogPositions acknowledged = outbox_.acknowledged();
  absl::MutexLock lock(&mutex_);
  statistics_ = counts_;
  for (const auto& [key, position] : positions_) {
    uint64_t& safe = safe_positions_[key];
    const auto sent = acknowledged.find(key);
    const bool is_settled = outbox_.IsSettled(key.first, key.second);
    uint64_t candidate = is_settled                   ? position
                         : sent != acknowledged.end() ? sent->second
                                                      : 0;
    const auto held = waiting.find(key);
    if (held != waiting.end()) candidate = std::min(candidate, held->second);
    safe = std::max(safe, candidate);
  }
}

}  // namespace mxban
