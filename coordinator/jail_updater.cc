#include "coordinator/jail_updater.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/jail_convert.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kRefreshInterval = absl::Seconds(5);

// All jails travel in one message, of which gRPC takes 4 MiB.
constexpr size_t kMaxJailBytes = 7 << 19;

absl::Status CheckSize(const JailSet& jails) {
  size_t bytes = 0;
  for (const auto& [name, jail] : jails) {
    bytes += JailToProto(jail).ByteSizeLong();
  }
  if (bytes <= kMaxJailBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the jails and what they ignore are too large for one "
                   "message to agents: ",
                   bytes, " bytes, at most ", kMaxJailBytes));
}

}  // namespace

JailUpdater::JailUpdater(std::string config_dir, IgnoredSources sources)
    : config_dir_(std::move(config_dir)), sources_(std::move(sources)) {}

JailUpdater::~JailUpdater() {
  std::deque<Wish> refused;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  {
    absl::MutexLock lock(&mutex_);
    refused.swap(reloads_);
  }
  for (const Wish& wish : refused) {
    wish.done(absl::UnavailableError("the coordinator is stopping"));
  }
}

absl::StatusOr<std::shared_ptr<const JailSet>> JailUpdater::Load() {
  JailConfig config;
  ASSIGN_OR_RETURN(std::shared_ptr<const JailSet> jails, Read(config));
  is_behind_ = false;
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

void JailUpdater::Reload(std::string who, ReloadDone done) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      reloads_.push_back({std::move(who), std::move(done)});
      return;
    }
  }
  done(absl::UnavailableError("the coordinator is stopping"));
}

void JailUpdater::Run(DecisionLoop& loop) {
  while (true) {
    std::optional<Wish> wish;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &JailUpdater::HasWork),
                              kRefreshInterval);
      if (stopping_) return;
      if (!reloads_.empty()) {
        wish = std::move(reloads_.front());
        reloads_.pop_front();
      }
    }
    if (wish) {
      wish->done(ReadAgain(loop, wish->who));
    } else {
      Refresh(loop);
    }
  }
}

bool JailUpdater::HasWork() const { return stopping_ || !reloads_.empty(); }

absl::StatusOr<size_t> JailUpdater::ReadAgain(DecisionLoop& loop,
                                              const std::string& who) {
  absl::StatusOr<size_t> count = Grant(loop, who);
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
  RefreshSources(config_);
  if (!is_behind_) return;
  absl::StatusOr<std::shared_ptr<const JailSet>> jails = Complete(config_);
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

void JailUpdater::RefreshSources(const JailConfig& config) {
  std::vector<IgnoreList> lists;
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
  RETURN_IF_ERROR(CheckSize(*jails));
  return jails;
}

absl::Status JailUpdater::PutInForce(DecisionLoop& loop,
                                     std::shared_ptr<const JailSet> jails,
                                     const std::string& who,
                                     const std::string& reason) {
  absl::Notification answered;
  absl::Status answer;
  loop.ReplaceJails(jails, who, reason, [&](absl::Status status) {
    answer = std::move(status);
    answered.Notify();
  });
  answered.WaitForNotification();
  if (answer.ok()) is_behind_ = false;
  return answer;
}

}  // namespace mxban
