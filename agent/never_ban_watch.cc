#include "agent/never_ban_watch.h"

#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "spdlog/spdlog.h"

namespace mxban {

struct NeverBanWatch::State {
  State(NeverBan never_ban, NeverBan::Networks known, Changed changed)
      : never_ban(std::move(never_ban)),
        known(std::move(known)),
        changed(std::move(changed)) {}

  void Loop();

  // The thread's own.
  NeverBan never_ban;
  NeverBan::Networks known;
  const Changed changed;

  absl::Mutex mutex;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
};

void NeverBanWatch::State::Loop() {
  absl::MutexLock lock(&mutex);
  while (true) {
    mutex.AwaitWithTimeout(absl::Condition(&stopping), kInterval);
    if (stopping) return;
    mutex.Unlock();
    NeverBan::Networks found = never_ban.Look();
    mutex.Lock();
    if (stopping) return;
    if (found == known) continue;
    known = std::move(found);
    spdlog::info("never banned here from now on: {}",
                 absl::StrJoin(known.all, ", ",
                               [](std::string* text, const IpNetwork& network) {
                                 text->append(network.ToString());
                               }));
    changed(known);
  }
}

NeverBanWatch::NeverBanWatch(NeverBan never_ban, NeverBan::Networks known,
                             Changed changed)
    : state_(std::make_shared<State>(std::move(never_ban), std::move(known),
                                     std::move(changed))) {
  std::thread([state = state_] { state->Loop(); }).detach();
}

NeverBanWatch::~NeverBanWatch() {
  absl::MutexLock lock(&state_->mutex);
  state_->stopping = true;
}

}  // namespace mxban
