#include "agent/log_watcher.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

using Outcome = FailureMatcher::Outcome;

constexpr absl::Duration kComplaintInterval = absl::Minutes(1);

// Where the journals of several machines are mixed, logs take turns. What waits
// for longer than so many turns is not read again after a death.
constexpr size_t kMaxEarlierLogs = 1000;

// The longest name that DNS knows.
constexpr size_t kMaxName = 253;

// Whoever owns a name decides what it resolves to; this many get the failure.
constexpr size_t kMaxAddressesOfName = 16;

// The address or network that was captured; nullopt for a name and the like.
std::optional<IpNetwork> SourceIn(const FailureMatcher::Result& result) {
  std::string text(result.failure_id);
  if (!result.prefix_length.empty() && result.failure_id == result.host) {
    absl::StrAppend(&text, "/", result.prefix_length);
  }
  const absl::StatusOr<IpNetwork> source = IpNetwork::Parse(text);
  if (!source.ok() || !MayBeCounted(*source)) return std::nullopt;
  return *source;
}

// Whether a host name was captured, and nothing else is to be counted.
bool IsName(const FailureMatcher::Result& result) {
  return result.failure_id == result.host && result.host.size() <= kMaxName &&
         !IpNetwork::Parse(result.host).ok();
}

}  // namespace

absl::StatusOr<LogWatcher> LogWatcher::Create(const Jail& jail,
                                              absl::TimeZone time_zone) {
  absl::StatusOr<FailureMatcher> matcher =
      FailureMatcher::Compile(jail.filter, {.time_zone = time_zone});
  if (!matcher.ok()) return matcher.status();
  return LogWatcher(jail, *std::move(matcher));
}

LogWatcher::LogWatcher(Jail jail, FailureMatcher matcher)
    : jail_(std::move(jail)), matcher_(std::move(matcher)) {}

bool LogWatcher::Adopt(const Jail& jail) {
  if (jail.filter != jail_.filter) return false;
  jail_ = jail;
  return true;
}

void LogWatcher::PassOver(absl::string_view lines, uint64_t offset,
                          absl::Time now) {
  const uint64_t end = offset + lines.size();
  if (end <= position_) return;
  matcher_.PassOver(lines.substr(std::max(position_, offset) - offset), now);
  position_ = end;
}

uint64_t LogWatcher::SafePosition() const {
  const uint64_t from = found_ ? found_->safe_from : position();
  return std::min({from, position(), matcher_.waiting_from().value_or(from)});
}

std::vector<std::pair<std::string, uint64_t>> LogWatcher::SafePositions()
    const {
  std::vector<std::pair<std::string, uint64_t>> positions = {
      {log_id_, SafePosition()}};
  int logs_ago = 0;
  for (const std::string& log_id : earlier_logs_) {
    if (const auto waiting = matcher_.waiting_from(++logs_ago)) {
      positions.emplace_back(log_id, *waiting);
    }
  }
  return positions;
}

void LogWatcher::TurnTo(const std::string& log_id, uint64_t position) {
  if (log_id != log_id_) {
    earlier_logs_.push_front(std::exchange(log_id_, log_id));
    found_.reset();
    matcher_.TurnToAnotherLog();
    while (!earlier_logs_.empty() &&
           !matcher_.waiting_from(static_cast<int>(earlier_logs_.size()))) {
      earlier_logs_.pop_back();
    }
    if (earlier_logs_.size() > kMaxEarlierLogs) earlier_logs_.pop_back();
  }
  position_ = ahead_from_ = position;
}

bool LogWatcher::Read(const Surroundings& surroundings, const LogLine& line,
                      std::optional<absl::Span<const LineScanner::Hit>> hits,
                      absl::Time now, Counts& counts) {
  if (line.end <= position_) return true;
  if (surroundings.is_stopping) return false;
  if (!found_ || found_->end_offset != line.end) {
    Match(line, hits, now, counts);
  }
  if (!ResolveName(surroundings.names, now, counts)) return false;
  if (jail_.ignore_self) {
    auto& sources = found_->sources;
    const auto own = std::remove_if(
        sources.begin(), sources.end(), [&](const IpNetwork& source) {
          return absl::c_linear_search(surroundings.own_addresses, source);
        });
    if (!found_->is_right_login) counts.own += sources.end() - own;
    sources.erase(own, sources.end());
  }
  if (!Report(surroundings, line.text, counts)) return false;
  position_ = line.end;
  found_.reset();
  return true;
}

std::vector<Finding> LogWatcher::Found::ToFindings(
    absl::string_view line) const {
  std::vector<Finding> findings;
  if (is_right_login) {
    findings.push_back(RightLogin{sources[0], times[0], end_offset, users[0]});
    return findings;
  }
  const std::string evidence = PrintableText(line, kMaxEvidenceText);
  for (const IpNetwork& source : sources) {
    for (size_t i = 0; i < times.size(); ++i) {
      findings.push_back(
          Failure{source, times[i], end_offset, evidence, users[i]});
    }
  }
  return findings;
}

bool LogWatcher::Report(const Surroundings& surroundings,
                        absl::string_view line, Counts& counts) {
  if (found_->sources.empty()) return true;
  std::vector<Finding> findings = found_->ToFindings(line);
  const size_t count = findings.size();
  surroundings.local_counter.Count(jail_, log_id_, findings);
  if (is_ahead_) return true;
  if (surroundings.outbox.Add(jail_.name, log_id_, std::move(findings))) {
    (found_->is_right_login ? counts.right_logins : counts.failures) += count;
    if (!found_->is_right_login) counts.failures_by_jail[jail_.name] += count;
    return true;
  }
  if (!surroundings.is_alone) return false;
  ahead_from_ = SafePosition();
  is_ahead_ = true;
  return true;
}

// Notes in `found_` what `line` tells, which may be nothing.
void LogWatcher::Match(const LogLine& line,
                       std::optional<absl::Span<const LineScanner::Hit>> hits,
                       absl::Time now, Counts& counts) {
  found_.reset();
  found_.emplace(line.end, SafePosition());
  const uint64_t unread = line.begin - std::min(position_, line.begin);
  const FailureMatcher::Result result = matcher_.Match(
      line.text, now,
      {.position = line.begin,
       .time = line.time,
       .hits = hits,
       .before = line.before.substr(line.before.size() -
                                    std::min(line.before.size(), unread))});
  if (result.outcome == Outcome::kLimitHit) {
    ComplainOfLimit(result, now, counts);
  }
  if (result.outcome == Outcome::kRightLogin) return KeepLogin(result, now);
  if (result.outcome != Outcome::kFailure) return;
  KeepTimes(result, now, counts);
  if (found_->times.empty()) return;
  if (const std::optional<IpNetwork> source = SourceIn(result)) {
    found_->sources = {*source};
  } else if (IsName(result)) {
    found_->name = std::string(result.host);
  } else {
    ++counts.without_address;
  }
}

// Keeps those times that can still count.
void LogWatcher::KeepTimes(const FailureMatcher::Result& result, absl::Time now,
                           Counts& counts) {
  for (size_t i = 0; i < result.times.size(); ++i) {
    const std::optional<absl::Time>& time = result.times[i];
    if (!time && !is_caught_up_) {
      ++counts.without_time;
    } else if (time && *time <= now - jail_.find_time) {
      ++counts.too_old;
    } else {
      found_->times.push_back(time.value_or(now));
      found_->users.push_back(PrintableText(result.users[i], kMaxUser));
    }
  }
}

// Keeps a right login that can still speak for its user. One that names no
// address is nobody's: what a name resolves to, its owner decides.
void LogWatcher::KeepLogin(const FailureMatcher::Result& result,
                           absl::Time now) {
  const absl::StatusOr<IpNetwork> source = IpNetwork::Parse(result.host);
  const std::optional<absl::Time>& time = result.times[0];
  const bool is_old = time ? *time <= now - jail_.good_time : !is_caught_up_;
  if (!source.ok() || is_old) return;
  found_->is_right_login = true;
  found_->sources = {*source};
  found_->times = {time.value_or(now)};
  found_->users = {PrintableText(result.users[0], kMaxUser)};
}

// Turns the name that was found into addresses; false while they are awaited.
bool LogWatcher::ResolveName(NameResolver& names, absl::Time now,
                             Counts& counts) {
  if (found_->name.empty()) return true;
  const auto addresses = names.Find(found_->name, now);
  if (!addresses) return false;
  if (addresses->empty()) ++counts.without_address;
  const size_t count = std::min(addresses->size(), kMaxAddressesOfName);
  found_->sources.assign(addresses->begin(), addresses->begin() + count);
  found_->name.clear();
  return true;
}

void LogWatcher::ComplainOfLimit(const FailureMatcher::Result& result,
                                 absl::Time now, Counts& counts) {
  const std::string regex(result.gave_up);
  ++counts.limit_hits[{jail_.name, regex}];
  if (now < next_complaint_) return;
  next_complaint_ = now + kComplaintInterval;
  spdlog::warn("jail {}: a line was passed over, because {} gave up on it",
               jail_.name, regex);
}

}  // namespace mxban
