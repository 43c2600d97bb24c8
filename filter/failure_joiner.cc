#include "filter/failure_joiner.h"

#include <algorithm>
#include <utility>

#include "common/ban.h"

namespace mxban {
namespace {

// Of a session, beside its texts.
constexpr size_t kOverhead = 400;

// The user that `line` itself names, as much as anybody compares.
std::string UserOf(const FailureJoiner::Line& line) {
  return std::string(
      line.facts[FailureJoiner::kUser].value_or("").substr(0, kMaxUser));
}

}  // namespace

FailureJoiner::Joined FailureJoiner::Join(const Line& line, absl::Time now) {
  CloseIdle(now);
  const auto found = sessions_.find(line.mlfid);
  const bool is_new = found == sessions_.end();
  Session* session = &ended_;
  if (!is_new) {
    session = &found->second;
  } else if (!line.forgets) {
    session = &Open(line.mlfid);
  } else {
    for (std::string& fact : ended_.facts) fact.clear();
    ended_.has_user = ended_.has_users = false;
  }
  Merge(line, *session);
  if (line.gained) ForgetPending(*session);

  times_.clear();
  users_.clear();
  const bool is_failure = line.is_failure || !session->pending.empty() ||
                          (session->has_users && options_.pending_limit == 1);
  if (is_failure && Tell(*session).failure_id.empty()) {
    Wait(*session, line);
  } else if (is_failure) {
    Release(*session, line);
  }
  if (!line.forgets) {
    Touch(*session, now);
  } else if (is_new) {
    ForgetPending(ended_);
  } else {
    ForgetPending(*session);
    ended_.facts = std::move(session->facts);
    session = &ended_;
    Close(line.mlfid);
  }
  Joined joined = Tell(*session);
  joined.times = times_;
  joined.users = users_;
  return joined;
}

void FailureJoiner::Merge(const Line& line, Session& session) {
  if (const auto& user = line.facts[kUser]) {
    session.has_users |= session.has_user && session.facts[kUser] != *user;
    session.has_user = true;
  }
  for (int i = 0; i < kFacts; ++i) {
    if (const auto& fact = line.facts[i]) {
      session.facts[i].assign(fact->data(), fact->size());
    }
  }
}

FailureJoiner::Joined FailureJoiner::Tell(const Session& session) {
  Joined joined;
  for (const Fact fact : {kIp4, kIp6, kDns}) {
    if (joined.host.empty()) joined.host = session.facts[fact];
  }
  joined.failure_id = session.facts[kId];
  if (joined.failure_id.empty()) joined.failure_id = joined.host;
  joined.prefix_length = session.facts[kPrefixLength];
  return joined;
}

// Remembers the failure of `line` until its host is known.
void FailureJoiner::Wait(Session& session, const Line& line) {
  if (session.pending.empty()) {
    session.pending_from = line.position;
    session.pending_log = log_;
    waiting_positions_.emplace(log_, line.position);
  } else if (!line.is_failure) {
    return;
  }
  const Pending pending = {line.time, UserOf(line)};
  const size_t room = options_.pending_limit - session.pending.size();
  const size_t count = std::min<size_t>(room, line.repetition);
  session.pending.insert(session.pending.end(), count, pending);
  session.pending_bytes += count * (sizeof(Pending) + pending.user.size());
}

// Tells the failures that `line` makes certain: those waiting, and its own.
void FailureJoiner::Release(Session& session, const Line& line) {
  std::string user = UserOf(line);
  if (options_.pending_limit > 1) {
    for (const Pending& pending : session.pending) {
      Add(pending.time, pending.user);
    }
  } else if (!line.is_failure && !session.pending.empty()) {
    user = session.pending.front().user;
  }
  ForgetPending(session);
  if (!line.is_failure && !times_.empty()) return;
  for (uint32_t i = 0; i < line.repetition; ++i) Add(line.time, user);
}

void FailureJoiner::Add(const std::optional<absl::Time>& time,
                        const std::string& user) {
  times_.push_back(time);
  users_.push_back(user);
}

void FailureJoiner::ForgetPending(Session& session) {
  if (session.pending.empty()) return;
  session.pending.clear();
  session.pending_bytes = 0;
  waiting_positions_.erase(
      waiting_positions_.find({session.pending_log, session.pending_from}));
}

void FailureJoiner::TurnToAnotherLog() { ++log_; }

std::optional<uint64_t> FailureJoiner::waiting_from(int logs_ago) const {
  const int log = log_ - logs_ago;
  const auto first = waiting_positions_.lower_bound({log, 0});
  if (first == waiting_positions_.end() || first->first != log) {
    return std::nullopt;
  }
  return first->second;
}

FailureJoiner::Session& FailureJoiner::Open(absl::string_view mlfid) {
  quiet_sessions_.emplace_front(mlfid);
  Session& session = sessions_[quiet_sessions_.front()];
  session.recency_position = quiet_sessions_.begin();
  return session;
}

void FailureJoiner::Close(absl::string_view mlfid) {
  const auto found = sessions_.find(mlfid);
  Session& session = found->second;
  ForgetPending(session);
  bytes_ -= session.bytes;
  (session.is_waiting ? waiting_sessions_ : quiet_sessions_)
      .erase(session.recency_position);
  sessions_.erase(found);
}

// Makes `session` the latest of its kind.
void FailureJoiner::Touch(Session& session, absl::Time now) {
  session.last_time = now;
  auto& from = session.is_waiting ? waiting_sessions_ : quiet_sessions_;
  session.is_waiting = !session.pending.empty();
  auto& to = session.is_waiting ? waiting_sessions_ : quiet_sessions_;
  to.splice(to.begin(), from, session.recency_position);
  bytes_ -= session.bytes;
  session.bytes = kOverhead + 2 * to.front().size() + 2 * session.pending_bytes;
  for (const std::string& fact : session.facts) session.bytes += fact.size();
  bytes_ += session.bytes;
  MakeRoom(to.front());
}

// Closes the idlest sessions, but for the one called `kept`, while there are
// too many: quiet ones first.
void FailureJoiner::MakeRoom(absl::string_view kept) {
  while (sessions_.size() > 1 &&
         (sessions_.size() > kMaxSessions || bytes_ > kMaxBytes)) {
    const bool has_quiet =
        !quiet_sessions_.empty() && quiet_sessions_.back() != kept;
    Close(std::string(has_quiet ? quiet_sessions_.back()
                                : waiting_sessions_.back()));
  }
}

void FailureJoiner::CloseIdle(absl::Time now) {
  if (now == last_now_) return;
  last_now_ = now;
  for (const auto* list : {&quiet_sessions_, &waiting_sessions_}) {
    while (!list->empty() &&
           now - sessions_[list->back()].last_time > options_.idle_limit) {
      Close(std::string(list->back()));
    }
  }
}

}  // namespace mxban
