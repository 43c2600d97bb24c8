#include "bench/fleet_health.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace mxban {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(250);

// The text of a field in a line of JSON; empty if there is none.
absl::string_view FieldOf(absl::string_view json, absl::string_view name) {
  const std::string before = absl::StrCat("\"", name, "\":\"");
  const size_t at = json.find(before);
  if (at == absl::string_view::npos) return "";
  json.remove_prefix(at + before.size());
  return json.substr(0, json.find('"'));
}

}  // namespace

FleetHealth::FleetHealth(FaultyFleet& fleet, FaultLog& log)
    : fleet_(fleet), log_(log), thread_([this] { Loop(); }) {}

FleetHealth::~FleetHealth() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

size_t FleetHealth::well() const {
  absl::MutexLock lock(&mutex_);
  return well_;
}

void FleetHealth::Loop() {
  while (true) {
    Ask();
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval)) return;
  }
}

void FleetHealth::Ask() {
  const absl::Time asked = absl::Now();
  const uint64_t newest = fleet_.Status("revision");
  size_t well = 0;
  for (const absl::string_view agent :
       absl::StrSplit(fleet_.Ctl("agents --json").text, '\n')) {
    uint64_t enforced = 0;
    if (newest == 0 || !absl::StrContains(agent, "\"connected\":true") ||
        !absl::SimpleAtoi(FieldOf(agent, "enforced_revision"), &enforced) ||
        enforced < newest) {
      continue;
    }
    ++well;
    log_.NoteWell(std::string(FieldOf(agent, "server_name")), asked,
                  absl::Now());
  }
  absl::MutexLock lock(&mutex_);
  well_ = well;
}

}  // namespace mxban
