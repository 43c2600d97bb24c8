#include "bench/kernel_watch.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/time/clock.h"

namespace mxban {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(50);

// Whoever does not get a processor for so long cannot blame others.
constexpr absl::Duration kHeldUp = absl::Milliseconds(300);
constexpr char kHeldUpKind[] = "this machine was held up";

}  // namespace

KernelWatch::KernelWatch(FaultyFleet& fleet, FaultLog& faults)
    : servers_(fleet.servers()), faults_(faults) {
  for (const std::string& server : servers_) {
    fleet.lab().Run(server, [&] {
      auto kernel = IpsetNetlink::Open();
      if (!kernel.ok()) {
        std::fprintf(stderr, "%s\n", kernel.status().ToString().c_str());
        std::exit(1);
      }
      kernels_[server] = *std::move(kernel);
    });
  }
  thread_ = std::thread([this] { Loop(); });
}

KernelWatch::~KernelWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void KernelWatch::Expect(const Due& due) {
  absl::MutexLock lock(&mutex_);
  const IpNetwork source = IpNetwork::ParseOrDie(due.source);
  for (const std::string& server : servers_) missing_[server][source] = due;
}

size_t KernelWatch::missing() const {
  absl::MutexLock lock(&mutex_);
  size_t missing = 0;
  for (const auto& [server, dues] : missing_) missing += dues.size();
  return missing;
}

std::vector<KernelWatch::Arrival> KernelWatch::arrivals() const {
  absl::MutexLock lock(&mutex_);
  return arrivals_;
}

void KernelWatch::Loop() {
  absl::Time last = absl::Now();
  while (true) {
    for (const std::string& server : servers_) Look(server);
    const absl::Time now = absl::Now();
    if (now - last > kInterval + kHeldUp) NoteDelay(last, now);
    last = now;
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval)) return;
  }
}

void KernelWatch::Look(const std::string& server) {
  {
    absl::MutexLock lock(&mutex_);
    if (missing_[server].empty()) return;
  }
  const auto elements = kernels_[server]->Elements(FaultyFleet::kSet);
  if (!elements.ok()) return;  // No set yet, or none any more.
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mutex_);
  auto& missing = missing_[server];
  for (const IpsetElement& element : *elements) {
    const auto due = missing.find(element.network);
    if (due == missing.end()) continue;
    arrivals_.push_back({std::move(due->second), server, now});
    missing.erase(due);
  }
}

void KernelWatch::NoteDelay(absl::Time since, absl::Time now) {
  for (const std::string& server : servers_) {
    faults_.Begin(server, kHeldUpKind, since);
    faults_.End(server, kHeldUpKind, now, absl::ZeroDuration());
  }
}

}  // namespace mxban
