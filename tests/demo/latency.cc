#include "tests/demo/latency.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/demo/connection.h"

namespace mxban::demo {
namespace {

constexpr absl::Duration kAnswerPatience = absl::Seconds(1);

// The wall clock may be set meanwhile.
absl::Time Monotonic() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

absl::Status Append(int log, const std::string& line) {
  if (write(log, line.data(), line.size()) ==
      static_cast<ssize_t>(line.size())) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("cannot write the log: ", std::strerror(errno)));
}

absl::StatusOr<std::vector<Endpoint>> Targets(const LatencyTrial& trial) {
  std::vector<Endpoint> targets;
  for (const std::string& server : trial.servers) {
    const absl::StatusOr<Endpoint> target = ToEndpoint(server, trial.port);
    if (!target.ok()) return target.status();
    targets.push_back(*target);
  }
  return targets;
}

// Tries the targets in turn, each until it refuses, until `deadline`.
bool AwaitRefusals(const Endpoint& source, std::vector<Endpoint> targets,
                   absl::Time deadline) {
  while (!targets.empty()) {
    if (Monotonic() > deadline) return false;
    std::erase_if(targets, [&](const Endpoint& target) {
      return TryConnect(source, target, kAnswerPatience) == Outcome::kRefused;
    });
  }
  return true;
}

// The sources of a fleet's failures, one at a time.
class Trial {
 public:
  Trial(const LatencyTrial& plan, std::vector<Endpoint> targets, int log)
      : plan_(plan), targets_(std::move(targets)), log_(log) {}

  absl::StatusOr<absl::Duration> Run(const std::string& name) const {
    const absl::StatusOr<Endpoint> source = ToEndpoint(name, 0);
    if (!source.ok()) return source.status();
    for (const Endpoint& target : targets_) {
      const Outcome before = TryConnect(*source, target, kAnswerPatience);
      if (before == Outcome::kAccepted) continue;
      return absl::FailedPreconditionError(
          absl::StrCat(name, " is ", ToText(before), " before its last line"));
    }
    const std::string line = absl::StrCat(
        absl::FormatTime("%b %e %H:%M:%S ", absl::Now(), absl::LocalTimeZone()),
        absl::StrReplaceAll(plan_.line, {{"SOURCE", name}}), "\n");
    const absl::Time start = Monotonic();
    const absl::Status appended = Append(log_, line);
    if (!appended.ok()) return appended;
    if (!AwaitRefusals(*source, targets_, start + plan_.patience)) {
      return absl::DeadlineExceededError(
          absl::StrCat(name, " is not refused within ",
                       absl::FormatDuration(plan_.patience)));
    }
    return Monotonic() - start;
  }

 private:
  const LatencyTrial& plan_;
  const std::vector<Endpoint> targets_;
  const int log_;
};

}  // namespace

absl::StatusOr<std::vector<absl::Duration>> MeasureLatency(
    const LatencyTrial& trial, const std::vector<std::string>& sources) {
  absl::StatusOr<std::vector<Endpoint>> targets = Targets(trial);
  if (!targets.ok()) return targets.status();
  const int log = open(trial.log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log < 0) {
    return absl::NotFoundError(
        absl::StrCat("cannot open ", trial.log, ": ", std::strerror(errno)));
  }
  const Trial one(trial, *std::move(targets), log);
  std::vector<absl::Duration> latencies;
  absl::Status status;
  for (const std::string& source : sources) {
    const absl::StatusOr<absl::Duration> latency = one.Run(source);
    status = latency.status();
    if (!status.ok()) break;
    latencies.push_back(*latency);
    absl::SleepFor(trial.pause);
  }
  close(log);
  if (!status.ok()) return status;
  return latencies;
}

}  // namespace mxban::demo
