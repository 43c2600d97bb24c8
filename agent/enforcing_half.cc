#include "agent/enforcing_half.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "agent/firewall/any_firewall.h"
#include "agent/firewall/firewall_server.h"
#include "agent/privileges.h"
#include "agent/syscall_filter.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// As `ps` shows it; at most 15 characters.
constexpr char kProcessName[] = "mxban-enforcer";

absl::Status Confine() {
  RETURN_IF_ERROR(KeepFirewallCapabilities());
  const absl::Status filtered = FilterSyscalls();
  if (!absl::IsUnimplemented(filtered)) return filtered;
  spdlog::warn("{}", std::string(filtered.message()));
  return absl::OkStatus();
}

// What comes in by standard input is the other half's to read.
void LeaveInput() {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) close(STDIN_FILENO);
}

// Keeps standard streams and the channel alone.
void CloseOthers(const FirewallChannel& channel) {
  int kept[] = {channel.requests.get(), channel.news.get()};
  std::sort(std::begin(kept), std::end(kept));
  unsigned first = STDERR_FILENO + 1;
  for (const int descriptor : kept) {
    const auto last = static_cast<unsigned>(descriptor) - 1;
    if (first <= last) close_range(first, last, 0);
    first = static_cast<unsigned>(descriptor) + 1;
  }
  close_range(first, ~0u, 0);
}

// The child's life. Returns its exit code.
int Enforce(const std::string& kind, FirewallChannel channel) {
  prctl(PR_SET_NAME, kProcessName, 0, 0, 0);
  signal(SIGPIPE, SIG_IGN);  // The other half may close its end first.
  LeaveInput();
  CloseOthers(channel);
  absl::Status status = Confine();
  if (status.ok()) {
    AnyFirewall firewall(kind);
    status = FirewallServer(firewall, std::move(channel)).Serve();
  }
  if (status.ok()) return 0;
  spdlog::error("enforcing half: {}", std::string(status.message()));
  return 1;
}

}  // namespace

absl::StatusOr<EnforcingHalf> StartEnforcingHalf(const std::string& kind) {
  ASSIGN_OR_RETURN(FirewallChannelPair pair, OpenFirewallChannel());
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "cannot fork");
  if (child == 0) {
    { const FirewallChannel others = std::move(pair.client); }
    _exit(Enforce(kind, std::move(pair.server)));
  }
  return EnforcingHalf{child, std::move(pair.client)};
}

}  // namespace mxban
