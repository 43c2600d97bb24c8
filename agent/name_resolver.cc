#include "agent/name_resolver.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace mxban {
namespace {

constexpr absl::Duration kBudgetPeriod = absl::Minutes(1);

}  // namespace

struct NameResolver::State {
  struct Answer {
    absl::Time asked;
    bool is_known = false;
    bool is_seen = false;  // By whoever waited for it.
    std::vector<IpNetwork> addresses;
  };

  std::optional<std::vector<IpNetwork>> Find(const std::string& name,
                                             absl::Time now);
  bool MayAsk(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void Loop();

  Lookup lookup;
  std::function<void()> on_answer;

  absl::Mutex mutex;
  absl::flat_hash_map<std::string, Answer> answers ABSL_GUARDED_BY(mutex);
  std::deque<std::string> questions ABSL_GUARDED_BY(mutex);
  absl::Time budget_begin ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
  absl::Duration waited ABSL_GUARDED_BY(mutex);  // Since then.
  bool stopping ABSL_GUARDED_BY(mutex) = false;
};

std::optional<std::vector<IpNetwork>> NameResolver::State::Find(
    const std::string& name, absl::Time now) {
  absl::MutexLock lock(&mutex);
  const auto found = answers.find(name);
  const bool is_stale =
      found != answers.end() &&
      (now - found->second.asked > kLifetime || now < found->second.asked);
  if (found == answers.end() || is_stale) {
    if (!MayAsk(now)) return std::vector<IpNetwork>();
    answers[name] = {.asked = now};
    questions.push_back(name);
    return std::nullopt;
  }
  Answer& answer = found->second;
  const absl::Duration age = now - answer.asked;
  if (!answer.is_known && age < kPatience) return std::nullopt;
  if (!answer.is_seen) {
    answer.is_seen = true;
    waited += std::min(age, kPatience);
  }
  return answer.addresses;
}

// Whether a log may wait for one name more.
bool NameResolver::State::MayAsk(absl::Time now) {
  if (now - budget_begin > kBudgetPeriod || now < budget_begin) {
    budget_begin = now;
    waited = absl::ZeroDuration();
  }
  if (answers.size() >= kMaxNames) {
    absl::erase_if(answers, [&](const auto& answer) {
      return now - answer.second.asked > kLifetime;
    });
  }
  return waited < kBudget && answers.size() < kMaxNames &&
         questions.size() < kMaxQuestions;
}

void NameResolver::State::Loop() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return stopping || !questions.empty();
  };
  absl::MutexLock lock(&mutex);
  while (true) {
    mutex.Await(absl::Condition(&has_work));
    if (stopping) return;
    const std::string name = std::move(questions.front());
    questions.pop_front();
    if (!answers.contains(name)) continue;  // Nobody waits for it any more.
    mutex.Unlock();
    std::vector<IpNetwork> addresses = lookup(name);
    mutex.Lock();
    if (stopping) return;
    const auto asked = answers.find(name);
    if (asked == answers.end()) continue;
    asked->second.is_known = true;
    asked->second.addresses = std::move(addresses);
    on_answer();
  }
}

NameResolver::NameResolver(Lookup lookup, std::function<void()> on_answer)
    : state_(std::make_shared<State>()) {
  state_->lookup = std::move(lookup);
  state_->on_answer = std::move(on_answer);
  std::thread([state = state_] { state->Loop(); }).detach();
}

NameResolver::~NameResolver() {
  absl::MutexLock lock(&state_->mutex);
  state_->stopping = true;
}

std::optional<std::vector<IpNetwork>> NameResolver::Find(
    const std::string& name, absl::Time now) {
  return state_->Find(name, now);
}

}  // namespace mxban
