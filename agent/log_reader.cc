#include "agent/log_reader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "agent/log_guide.h"
#include "filter/line_text.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kLookAnyway = absl::Seconds(1);

}  // namespace

LogReader::LogReader(FailureOutbox& outbox, LocalCounter& local_counter,
                     const Clock& clock, Options options)
    : outbox_(outbox),
      local_counter_(local_counter),
      clock_(clock),
      options_(std::move(options)),
      jail_logs_(options_.log_paths),
      own_addresses_(options_.own_addresses),
      names_(options_.look_up_name, [this] { Wake(); }),
      surroundings_{outbox_,   local_counter_, names_,
                    is_alone_, stopping_,      own_addresses_},
      positions_(options_.positions) {}

LogReader::~LogReader() { Stop(); }

absl::Status LogReader::Start() {
  if (!news_.status().ok()) return news_.status();
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

void LogReader::SetOwnAddresses(std::vector<IpNetwork> addresses) {
  absl::MutexLock lock(&mutex_);
  new_own_addresses_ = std::move(addresses);
}

void LogReader::SetAlone(bool is_alone) {
  is_alone_ = is_alone;
  Wake();
}

void LogReader::Wake() { news_.Wake(); }

bool LogReader::Poll() {
  ApplyOwnAddresses();
  ApplyJails();
  if (!is_alone_ && outbox_.HasRoom()) ReadAgain();
  bool is_done = true;
  counts_.overlong_lines = counts_.open_logs = 0;
  for (auto& [name, log] : logs_) {
    PollLog(log);
    is_done &= !log.is_waiting;
    counts_.overlong_lines += log.lines->overlong_lines();
    counts_.open_logs += log.lines->fd() >= 0;
  }
  positions_.Publish(logs_, outbox_);
  absl::MutexLock lock(&mutex_);
  statistics_ = counts_;
  return is_done;
}

void LogReader::PollLog(WatchedLog& log) {
  const auto begin = std::chrono::steady_clock::now();
  log.is_waiting =
      !log.lines->Poll([&](const LogLine& line) { return ReadLine(log, line); },
                       [&](absl::string_view lines, uint64_t offset) {
                         return ReadBlock(log, lines, offset);
                       });
  counts_.reading_time += std::chrono::steady_clock::now() - begin;
  if (log.is_waiting || log.lines->fd() < 0) return;
  for (WatchedLog::Eye& eye : log.eyes) eye.watcher.set_caught_up();
}

LogReader::Statistics LogReader::statistics() const {
  absl::MutexLock lock(&mutex_);
  return statistics_;
}

LogPositions LogReader::SafePositions() const { return positions_.Safe(); }

void LogReader::Loop() {
  std::chrono::steady_clock::time_point next_search;
  while (!stopping_) {
    Poll();
    // What came between reading and watching would go unnoticed.
    if (WatchFiles()) Poll();
    WaitForNews();
    // However much news there is: it is not of logs that nobody reads yet.
    const auto now = std::chrono::steady_clock::now();
    if (now < next_search) continue;
    FindLogs();
    next_search = now + absl::ToChronoSeconds(kLookAnyway);
  }
}

void LogReader::WaitForNews() {
  std::vector<int> readable;
  for (const auto& [name, log] : logs_) {
    // What is refused waits for something else.
    if (log.is_waiting || log.lines->is_file()) continue;
    if (log.lines->fd() >= 0) readable.push_back(log.lines->fd());
  }
  news_.Wait(std::move(readable), kLookAnyway);
}

void LogReader::ApplyOwnAddresses() {
  absl::MutexLock lock(&mutex_);
  if (new_own_addresses_) own_addresses_ = *std::move(new_own_addresses_);
  new_own_addresses_.reset();
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
  for (auto& [name, log] : logs_) KeepWatchers(name, log);
  FindLogs();
  absl::erase_if(logs_,
                 [](const auto& log) { return log.second.eyes.empty(); });
  // Whoever read a log by another name may be gone.
  for (auto& entry : logs_) {
    WatchedLog& log = entry.second;
    const bool is_unread = absl::c_any_of(log.eyes, [&](const auto& eye) {
      return eye.is_double && !IsReadElsewhere(logs_, entry.first, log.log_id,
                                               eye.watcher.jail().name);
    });
    if (!is_unread) continue;
    positions_.Remember(log);
    log.BeginAgain();
  }
}

void LogReader::KeepWatchers(const std::string& name, WatchedLog& log) {
  positions_.Remember(log);
  log.scanner.reset();
  std::erase_if(log.eyes, [&](WatchedLog::Eye& eye) {
    for (const Jail& jail : jails_) {
      if (jail.name == eye.watcher.jail().name &&
          absl::c_linear_search(jail_logs_.NamesOf(jail), name) &&
          eye.watcher.Adopt(jail)) {
        return false;
      }
    }
    if (!log.log_id.empty()) positions_.GoBack(eye);
    return true;
  });
}

void LogReader::FindLogs() {
  for (const Jail& jail : jails_) {
    if (broken_jails_.contains(jail.name)) continue;
    for (const std::string& name : jail_logs_.NamesOf(jail))
      AddWatcher(jail, name);
  }
  positions_.ForgetGone(logs_, outbox_, local_counter_);
}

void LogReader::AddWatcher(const Jail& jail, const std::string& name) {
  const auto known = logs_.find(name);
  if (known != logs_.end() &&
      absl::c_any_of(known->second.eyes, [&](const WatchedLog::Eye& eye) {
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
  spdlog::info("jail {} watches {}", jail.name, name);
  AddEye(logs_[name], *std::move(watcher), name);
}

// The log begins again where the newcomer does; the others pass over what they
// know.
void LogReader::AddEye(WatchedLog& log, LogWatcher watcher,
                       const std::string& name) {
  positions_.Remember(log);
  log.log_id.clear();
  const Jail jail = watcher.jail();
  log.eyes.push_back({.watcher = std::move(watcher)});
  log.scanner.reset();
  if (log.lines != nullptr && !log.lines->can_read_again()) {
    return log.lines->Restart();
  }
  log.guide = std::make_unique<LogGuide>(logs_, positions_, clock_, name);
  log.lines = jail_logs_.Open(name, jail, *log.guide);
}

void LogReader::ReadAgain() {
  for (auto& [name, log] : logs_) {
    if (!log.IsAhead()) continue;
    positions_.Remember(log);
    for (WatchedLog::Eye& eye : log.eyes) {
      if (!eye.watcher.is_ahead()) continue;
      // What it knows is of the lines to come, or waits for them.
      positions_.GoBack(eye);
      absl::StatusOr<LogWatcher> watcher =
          LogWatcher::Create(eye.watcher.jail(), options_.time_zone);
      if (watcher.ok()) eye.watcher = *std::move(watcher);
    }
    log.BeginAgain();
  }
}

bool LogReader::ReadLine(WatchedLog& log, const LogLine& line) {
  if (!log.Read(surroundings_, line, clock_.TimeNow(), counts_)) {
    return false;
  }
  ++counts_.lines;
  return true;
}

size_t LogReader::ReadBlock(WatchedLog& log, absl::string_view lines,
                            uint64_t offset) {
  const uint64_t known_to = std::max(log.KnownTo(), offset);
  const size_t size =
      log.ReadBlock(surroundings_, lines, offset, clock_.TimeNow(), counts_);
  if (offset + size > known_to) {
    const size_t known = known_to - offset;
    counts_.lines += CountLines(lines.substr(known, size - known));
  }
  return size;
}

bool LogReader::WatchFiles() {
  bool is_new = false;
  for (auto& [name, log] : logs_) {
    if (!log.lines->is_file()) continue;
    is_new |=
        news_.WatchFile(name, log.lines->fd(), log.lines->log_id(), log.watch);
  }
  return is_new;
}

}  // namespace mxban
