#include "agent/firewall/firewall_client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/status_macros.h"

namespace mxban {

std::string FirewallClient::name() const {
  absl::MutexLock lock(&mutex_);
  return name_;
}

absl::Status FirewallClient::Apply(const FirewallChanges& changes,
                                   absl::Time now) {
  return Ask({.kind = FirewallRequest::Kind::kApply,
              .changes = changes,
              .now = now})
      .status();
}

absl::StatusOr<FirewallState> FirewallClient::Inspect(InspectDepth depth,
                                                      absl::Time now) {
  return Ask(
      {.kind = FirewallRequest::Kind::kInspect, .depth = depth, .now = now});
}

absl::Status FirewallClient::Remove() {
  return Ask({.kind = FirewallRequest::Kind::kRemove}).status();
}

absl::StatusOr<FirewallState> FirewallClient::Ask(
    const FirewallRequest& request) {
  MessageSender sender(requests_.get());
  const bool sent = WriteFirewallRequest(request,
                                         [&](absl::string_view message) {
                                           return sender.Send(message);
                                         }) &&
                    sender.Flush();
  if (!sent) return absl::InternalError("the enforcing half is gone");
  absl::StatusOr<FirewallAnswer> answer = Receive();
  if (!answer.ok()) {
    // What may still come of this answer must not pass for the next.
    requests_ = Descriptor();
    return absl::InternalError(answer.status().message());
  }
  {
    absl::MutexLock lock(&mutex_);
    name_ = answer->backend;
  }
  if (!answer->status.ok()) return answer->status;
  return std::move(answer->state);
}

absl::StatusOr<FirewallAnswer> FirewallClient::Receive() {
  std::optional<FirewallAnswer> answer;
  while (!answer.has_value()) {
    ASSIGN_OR_RETURN(const absl::string_view message,
                     receiver_.Receive(requests_.get()));
    ASSIGN_OR_RETURN(answer, reader_.Take(message));
  }
  if (receiver_.has_more()) {
    return absl::InvalidArgumentError("the answer goes on after its end");
  }
  return *std::move(answer);
}

FirewallNews::FirewallNews(Descriptor news, Callbacks callbacks)
    : news_(std::move(news)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      callbacks_(std::move(callbacks)),
      thread_([this] { Listen(); }) {}

FirewallNews::~FirewallNews() {
  const uint64_t one = 1;
  (void)!write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

void FirewallNews::Listen() {
  pollfd watched[] = {{news_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  while (true) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    char rings[64];
    const ssize_t size = read(news_.get(), rings, sizeof(rings));
    if (size > 0) {
      callbacks_.on_changed();
    } else if (size == 0) {
      is_lost_ = true;
      callbacks_.on_lost();
      return;
    }
  }
}

}  // namespace mxban
