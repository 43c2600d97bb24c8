#include "coordinator/jail_updater.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/allowed_word.h"
#include "coordinator/await_answer.h"
#include "coordinator/effective_jails.h"
#include "coordinator/operator_rails.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kRefreshInterval = absl::Seconds(5);

absl::Status Stopping() {
  return absl::UnavailableError("the coordinator is stopping");
}

}  // namespace

JailUpdater::JailUpdater(std::string config_dir, IgnoredSources sources)
    : config_dir_(std::move(config_dir)), sources_(std::move(sources)) {}

JailUpdater::~JailUpdater() {
  std::deque<Job> refused;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  {
    absl::MutexLock lock(&mutex_);
    refused.swap(jobs_);
  }
  for (const Job& job : refused) job.refuse(Stopping());
}

absl::StatusOr<std::shared_ptr<const JailSet>> JailUpdater::Load() {
  JailConfig config;
  ASSIGN_OR_RETURN(std::shared_ptr<const JailSet> jails, Read(config));
  is_behind_ = false;
  told_ = jails;
  config_ = std::move(config);
  return jails;
}

absl::StatusOr<std::shared_ptr<const JailSet>> JailUpdater::Read(
    JailConfig& config) {
  ASSIGN_OR_RETURN(config, LoadJails(config_dir_));
  RefreshSources(config);
  ASSIGN_OR_RETURN(std::shared_ptr<const JailSet> jails, Complete(config));
  for (const std::string& note : config.notes) spdlog::warn("{}", note);
  return jails;
}

void JailUpdater::Start(DecisionLoop& loop) {
  thread_ = std::thread([this, &loop] { Run(loop); });
}

void JailUpdater::Enqueue(Job job) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      jobs_.push_back(std::move(job));
      return;
    }
  }
  job.refuse(Stopping());
}

void JailUpdater::Reload(std::string who, ReloadDone done) {
  Enqueue({[this, who = std::move(who), done](DecisionLoop& loop) {
             done(ReadAgain(loop, who));
           },
           [done](absl::Status status) { done(std::move(status)); }});
}

void JailUpdater::Allow(AllowRequest request, DecisionLoop::AllowDone done) {
  Enqueue({[this, request = std::move(request), done](DecisionLoop& loop) {
             ResolveAndAllow(loop, request, done);
           },
           [done](absl::Status status) { done(std::move(status)); }});
}

void JailUpdater::Run(DecisionLoop& loop) {
  while (true) {
    Job job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &JailUpdater::HasWork),
                              kRefreshInterval);
      if (stopping_) return;
      if (!jobs_.empty()) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
    }
    if (job.run) {
      job.run(loop);
    } else {
      Refresh(loop);
    }
  }
}

bool JailUpdater::HasWork() const { return stopping_ || !jobs_.empty(); }

absl::StatusOr<size_t> JailUpdater::ReadAgain(DecisionLoop& loop,
                                              const std::string& who) {
  absl::StatusOr<size_t> count = Grant(loop, who);
  is_reload_granted_ = count.ok();
  if (!count.ok()) {
    loop.Record(
        {.who = who,
         .action = "reload",
         .reason = absl::StrCat("refused: ", count.status().message())});
  }
  return count;
}

absl::StatusOr<size_t> JailUpdater::Grant(DecisionLoop& loop,
                                          const std::string& who) {
  JailConfig config;
  ASSIGN_OR_RETURN(std::shared_ptr<const JailSet> jails, Read(config));
  const size_t count = jails->size();
  RETURN_IF_ERROR(PutInForce(loop, std::move(jails), who,
                             absl::StrCat("jails in force: ", count)));
  config_ = std::move(config);
  spdlog::info("the configuration was read again");
  return count;
}

void JailUpdater::Refresh(DecisionLoop& loop) {
  allowed_.clear();
  for (const auto& [source, allowed] : loop.rails()->allowed) {
    const absl::StatusOr<AllowedWord> word = ParseAllowedWord(source);
    if (word.ok() && !word->is_network()) allowed_[source] = word->list;
  }
  RefreshSources(config_);
  RefreshConfigured(loop);
  RefreshAllowed(loop);
}

void JailUpdater::RefreshConfigured(DecisionLoop& loop) {
  if (!is_behind_) return;
  absl::StatusOr<std::shared_ptr<const JailSet>> jails = Complete(config_);
  if (jails.ok() && **jails == *told_) {
    is_behind_ = false;
    return;
  }
  absl::Status status = jails.status();
  if (status.ok())
    status = PutInForce(loop, *std::move(jails), kMxban,
                        "what ignoreip says has changed");
  if (status.ok()) {
    spdlog::info("what ignoreip says has changed: the jails were replaced");
  } else {
    spdlog::error("ignoreip: what has changed is not in force: {}",
                  std::string(status.message()));
  }
}

void JailUpdater::RefreshAllowed(DecisionLoop& loop) {
  const std::shared_ptr<const RailState> rails = loop.rails();
  OperatorRails::Networks changed;
  for (const auto& [source, list] : allowed_) {
    const auto known = rails->allowed.find(source);
    std::vector<IpNetwork> networks = sources_.NetworksOf(list);
    // What does not resolve, or cannot be read, stays what it was.
    if (known == rails->allowed.end() || networks.empty() ||
        networks == known->second.networks) {
      continue;
    }
    changed[source] = std::move(networks);
  }
  if (changed.empty()) return;
  const absl::Status status =
      AwaitAnswer<absl::Status>([&](DecisionLoop::Done done) {
        loop.RefreshAllowed(std::move(changed), std::move(done));
      });
  if (status.ok()) {
    spdlog::info("what the allow list says has changed, and is in force");
  } else {
    spdlog::error("allow list: what has changed is not in force: {}",
                  std::string(status.message()));
  }
}

void JailUpdater::ResolveAndAllow(DecisionLoop& loop, AllowRequest request,
                                  const DecisionLoop::AllowDone& done) {
  const absl::StatusOr<AllowedWord> word = ParseAllowedWord(request.source);
  if (!word.ok()) return done(word.status());
  for (const std::string& path : word->list.files) {
    const absl::Status read = ReadIgnoreFile(path).status();
    if (!read.ok()) return done(absl::FailedPreconditionError(read.message()));
  }
  RefreshSources(config_, word->list);
  request.networks = sources_.NetworksOf(word->list);
  if (request.networks.empty()) {
    return done(absl::FailedPreconditionError(absl::StrCat(
        request.source,
        word->list.names.empty() ? " allows nobody" : " does not resolve")));
  }
  loop.AllowSource(std::move(request), done);
}

void JailUpdater::RefreshSources(const JailConfig& config,
                                 const IgnoreList& another) {
  std::vector<IgnoreList> lists = {another};
  for (const auto& [source, list] : allowed_) lists.push_back(list);
  for (const auto& [name, list] : config.ignore_lists) lists.push_back(list);
  // Should `config` be refused, nothing is to be looked up again.
  for (const auto& [name, list] : config_.ignore_lists) lists.push_back(list);
  const IgnoredSources::Refreshed refreshed = sources_.Refresh(lists);
  for (const std::string& warning : refreshed.warnings) {
    spdlog::warn("{}", warning);
  }
  if (refreshed.has_changed) is_behind_ = true;
}

absl::StatusOr<std::shared_ptr<const JailSet>> JailUpdater::Complete(
    const JailConfig& config) const {
  auto jails = std::make_shared<JailSet>();
  for (const Jail& jail : config.jails) {
    Jail& complete = jails->emplace(jail.name, jail).first->second;
    const auto list = config.ignore_lists.find(jail.name);
    if (list != config.ignore_lists.end()) {
      complete.ignored_networks = sources_.NetworksOf(list->second);
    }
  }
  RETURN_IF_ERROR(CheckJailSize(*jails));
  return jails;
}

absl::Status JailUpdater::PutInForce(DecisionLoop& loop,
                                     std::shared_ptr<const JailSet> jails,
                                     const std::string& who,
                                     const std::string& reason) {
  absl::Status answer = AwaitAnswer<absl::Status>([&](DecisionLoop::Done done) {
    loop.ReplaceJails(jails, who, reason, std::move(done));
  });
  if (answer.ok()) {
    is_behind_ = false;
    told_ = std::move(jails);
  }
  return answer;
}

}  // namespace mxban
