#ifndef MXBAN_TESTS_FAKES_FAKE_FIREWALL_H_
#define MXBAN_TESTS_FAKES_FAKE_FIREWALL_H_

// A firewall made of maps: enforces perfectly, ends bans on time, and fails or
// is tampered with when told to. tests/system/firewall_agreement_test.cc holds
// it against the kernel's.

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/no_firewall.h"

namespace mxban {

class FakeFirewall final : public Firewall {
 public:
  ~FakeFirewall() override { close(news_); }

  std::string name() const override { return "fake"; }

  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override {
    ++apply_calls_;
    if (!next_error_.ok()) return std::exchange(next_error_, absl::OkStatus());
    for (const JailRules& rules : changes.jails) damaged_.erase(rules.name);
    return kernel_.Apply(changes, now);
  }

  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override {
    ++inspect_calls_;
    absl::StatusOr<FirewallState> state = kernel_.Inspect(depth, now);
    for (auto& [name, jail] : *state) {
      jail.intact = !damaged_.contains(name);
      if (counts_are_costly_ && depth == InspectDepth::kRules) {
        jail.ban_count = std::nullopt;
      }
    }
    return state;
  }

  absl::Status Remove() override { return kernel_.Remove(); }

  int news() const override { return news_; }

  bool SomebodyChanged() override {
    uint64_t count = 0;
    return read(news_, &count, sizeof(count)) > 0;
  }

  // The next Apply() does nothing but return `error`.
  void FailOnce(absl::Status error) { next_error_ = std::move(error); }

  // Somebody ran `iptables -F` and `ipset destroy`.
  void FlushedByOperator() { (void)kernel_.Remove(); }

  // Somebody moved the jump of one jail, say, until it is set up again.
  void DamagedByOperator(std::string jail) { damaged_.insert(std::move(jail)); }

  // Somebody ran `nft flush set`.
  void LiftedByOperator(std::string jail, const IpNetwork& source,
                        absl::Time now) {
    (void)kernel_.Apply({.lifted = {{std::move(jail), source}}}, now);
  }

  // From now on ban_count is not told with the rules alone.
  void MakeCountsCostly() { counts_are_costly_ = true; }

  // The kernel says that somebody changed what is ours. From any thread.
  void TellNews() {
    const uint64_t one = 1;
    (void)!write(news_, &one, sizeof(one));
  }

  int apply_calls() const { return apply_calls_; }
  int inspect_calls() const { return inspect_calls_; }

 private:
  NoFirewall kernel_;
  std::set<std::string> damaged_;
  absl::Status next_error_;
  int apply_calls_ = 0;
  int inspect_calls_ = 0;
  bool counts_are_costly_ = false;
  const int news_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

}  // namespace mxban

#endif  // MXBAN_TESTS_FAKES_FAKE_FIREWALL_H_
