// Random bans, pardons and changes of rules, by a real Enforcer and a real
// enforcing half, while either is killed at random, others write the tables
// under the lock, and somebody flushes what is ours. After every restart, and
// at the end, the kernel has to be as wanted, and what is not ours untouched.
//
// MXBAN_SOAK_OPERATIONS says how many operations (20,000), MXBAN_SOAK_SEED
// which ones; a failure prints the seed.

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/enforcer.h"
#include "agent/enforcing_half.h"
#include "agent/firewall/firewall_client.h"
#include "common/clock.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using Lab = FirewallLab;

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int value = otherwise;
  if (text != nullptr) (void)absl::SimpleAtoi(text, &value);
  return value;
}

// What should be enforced after so many operations: the same for whoever makes
// the same operations.
class Model {
 public:
  Model(uint32_t seed, int sources) : random_(seed), sources_(sources) {
    for (const char* name : {"smtp", "auth"}) jails_.push_back(JailOf(name));
  }

  // The next operation, as the coordinator would tell it.
  struct Operation {
    Enforcer::Delta delta;
    bool changes_jails = false;
  };
  Operation Next() {
    ++operations_;
    if (Roll(2000) == 0) {
      jails_[Roll(2)].enforcement.ports = {
          {25, 25}, {static_cast<uint16_t>(1000 + Roll(9)), 2000}};
      return {.changes_jails = true};
    }
    const BanKey key = {jails_[Roll(2)].name, RandomSource()};
    if (Roll(3) == 0) {
      bans_.erase(key);
      return {{{}, {key}}};
    }
    const absl::Time end = Roll(4) == 0 ? absl::InfiniteFuture()
                                        : start_ + absl::Hours(1 + Roll(1000));
    bans_[key] = end;
    return {{{{key, end}}, {}}};
  }

  int operations() const { return operations_; }
  const std::vector<Jail>& jails() const { return jails_; }

  std::vector<StandingBan> Bans() const {
    std::vector<StandingBan> bans;
    for (const auto& [key, end] : bans_) bans.push_back({key, end});
    return bans;
  }

  // As the kernel should say it.
  std::vector<WantedJail> Wanted() const {
    std::vector<WantedJail> wanted;
    for (const Jail& jail : jails_) {
      WantedJail& each = wanted.emplace_back();
      each.rules = {.name = jail.enforcement.name,
                    .ports = jail.enforcement.ports,
                    .allowed = NeverBan()};
      for (const auto& [key, end] : bans_) {
        if (key.jail == jail.name) {
          each.bans.push_back({each.rules.name, key.source, end});
        }
      }
    }
    return wanted;
  }

  static std::vector<IpNetwork> NeverBan() {
    return {IpNetwork::ParseOrDie("::1"), IpNetwork::ParseOrDie("127.0.0.0/8")};
  }

 private:
  static Jail JailOf(const std::string& name) {
    Jail jail;
    jail.name = name;
    jail.enforcement.name = name;
    jail.enforcement.ports = {{25, 25}, {465, 465}};
    return jail;
  }

  int Roll(int sides) { return static_cast<int>(random_() % sides); }

  IpNetwork RandomSource() {
    const int n = Roll(sources_);
    if (n % 8 == 0) {
      return IpNetwork::ParseOrDie(
          absl::StrCat("2001:db8:", n % 65536, "::/64"));
    }
    if (n % 8 == 1) {
      return IpNetwork::ParseOrDie(
          absl::StrCat("10.", n / 256, ".", n % 256, ".0/24"));
    }
    return IpNetwork::ParseOrDie(
        absl::StrCat("172.16.", n / 256, ".", n % 256));
  }

  std::mt19937 random_;
  const int sources_;
  const absl::Time start_ = absl::Now();
  int operations_ = 0;
  std::vector<Jail> jails_;
  std::map<BanKey, absl::Time> bans_;
};

// What the process that enforces tells the one that watches it.
struct Progress {
  std::atomic<int> enforced = 0;  // Operations that the kernel has confirmed.
  std::atomic<pid_t> enforcing_half = 0;
  std::atomic<bool> verified =
      false;                          // The kernel is as wanted, after a start.
  std::atomic<bool> differs = false;  // It was not.
  std::atomic<int> repairs = 0;
};

// An agent in small: from its start until it is killed, or done.
class Worker {
 public:
  Worker(FirewallLab& lab, const std::string& kind, const Model& model,
         Progress& progress)
      : lab_(lab), kind_(kind), model_(model), progress_(progress) {}

  // Never returns.
  void Work(int operations) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    lab_.network().Enter(Lab::kRelay);
    absl::StatusOr<EnforcingHalf> half = StartEnforcingHalf(kind_);
    if (!half.ok()) _exit(3);
    progress_.enforcing_half = half->pid;
    FirewallClient firewall(std::move(half->channel.requests));
    RealClock clock;
    Enforcer enforcer(firewall, clock, Model::NeverBan());
    enforcer.SetReportCallback([&](const Enforcer::Report& report) {
      revision_ = report.status.ok() ? report.revision : 0;
      if (report.status.code() == absl::StatusCode::kInternal &&
          progress_.enforcing_half == 0) {
        _exit(4);
      }
    });
    const FirewallNews news(
        std::move(half->channel.news),
        {.on_changed = [&] { enforcer.OnFirewallChanged(); },
         .on_lost = [] { _exit(4); }});
    Restart(enforcer);
    Verify(firewall);
    progress_.verified = true;
    while (model_.operations() < operations) MakeNext(enforcer);
    // Damage of the last moment is repaired as well.
    const absl::Time settled = absl::Now() + absl::Seconds(3);
    while (absl::Now() < settled) {
      enforcer.Step();
      absl::SleepFor(absl::Milliseconds(20));
    }
    progress_.repairs += static_cast<int>(enforcer.statistics().repairs);
    Verify(firewall);
    _exit(0);
  }

 private:
  void Restart(Enforcer& enforcer) {
    enforcer.SetJails(model_.jails());
    enforcer.AddSnapshotPart({model_.Bans(), true, true}, "history",
                             model_.operations() + 1);
    AwaitEnforced(enforcer);
  }

  void MakeNext(Enforcer& enforcer) {
    const Model::Operation operation = model_.Next();
    if (operation.changes_jails) enforcer.SetJails(model_.jails());
    enforcer.ApplyDelta(operation.delta, model_.operations() + 1);
    AwaitEnforced(enforcer);
    progress_.enforced = model_.operations();
    progress_.repairs = static_cast<int>(enforcer.statistics().repairs);
  }

  void AwaitEnforced(Enforcer& enforcer) {
    const auto wanted = static_cast<uint64_t>(model_.operations()) + 1;
    for (enforcer.Step(); revision_ != wanted; enforcer.Step()) {
      absl::SleepFor(absl::Milliseconds(5));  // After an error, for a second.
    }
  }

  // Compares, as a second reconciliation would: nothing may be left to do.
  void Verify(Firewall& firewall) {
    const absl::Time now = absl::Now();
    const absl::StatusOr<FirewallState> state =
        firewall.Inspect(InspectDepth::kRulesAndBans, now);
    if (!state.ok()) _exit(5);
    if (Difference(model_.Wanted(), *state, now).empty()) return;
    progress_.differs = true;
    _exit(6);
  }

  FirewallLab& lab_;
  const std::string kind_;
  Model model_;
  Progress& progress_;
  uint64_t revision_ = 0;
};

class EnforcementSoakTest : public testing::TestWithParam<std::string> {
 protected:
  EnforcementSoakTest() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    progress_ = new (shared) Progress;
    // Foreign rules, with counters that only packets may move.
    lab_.OnRelay(
        "ip link set eth0 down && "
        "iptables-legacy -N theirs && "
        "iptables-legacy -A theirs -s 192.0.2.77 -c 11 2200 -j DROP && "
        "iptables-legacy -A FORWARD -c 5 700 -j theirs && "
        "nft add table inet theirs && "
        "nft add set inet theirs s '{ type ipv4_addr; }'");
    foreign_ = Foreign();
  }

  // Whoever dies between the two calls by which libiptc commits leaves the
  // counters of the whole table at zero; the kernel offers no other way. Where
  // every ban is a commit that comes about, so counters are not compared.
  std::string Foreign() {
    return lab_.OnRelay(absl::StrCat(
        "iptables-legacy-save ", GetParam() == "iptables" ? "" : "-c ",
        "-t filter | grep -e '-A.*theirs'; nft list table inet theirs"));
  }

  void Start(int operations) {
    progress_->verified = false;
    progress_->enforcing_half = 0;
    worker_ = fork();
    if (worker_ == 0) {
      spdlog::set_level(spdlog::level::off);
      Worker(lab_, GetParam(), model_, *progress_).Work(operations);
    }
  }

  // Whether the process, a child by birth or adoption, ends within `patience`.
  static bool AwaitEnd(pid_t pid, absl::Duration patience,
                       int* code = nullptr) {
    const absl::Time deadline = absl::Now() + patience;
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    if (code != nullptr) *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return true;
  }

  bool AwaitVerified() {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (!progress_->verified && absl::Now() < deadline) {
      int status;
      if (waitpid(worker_, &status, WNOHANG) != 0) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return progress_->verified;
  }

  // Kills one of the two; the other must notice.
  void KillOne() {
    const pid_t half = progress_->enforcing_half;
    kill(Roll(2) == 0 ? worker_ : half, SIGKILL);
    EXPECT_TRUE(AwaitEnd(worker_, absl::Seconds(1)));
    EXPECT_TRUE(AwaitEnd(half, absl::Seconds(1)));
  }

  void Damage() {
    static constexpr const char* kDamages[] = {
        "iptables-legacy -w -F INPUT", "iptables-legacy -w -P FORWARD ACCEPT",
        "iptables-legacy -w -F mxban-smtp", "ipset flush mxban-smtp-4",
        "ipset flush mxban-auth-a4", "nft flush chain inet mxban input",
        "nft flush set inet mxban mxban-auth-4-32",
        "nft delete table inet mxban",
        // Others at their work; not ours to touch, nor theirs to touch ours.
        "iptables-legacy -w -A theirs -j RETURN && "
        "iptables-legacy -w -D theirs -j RETURN",
        "nft add element inet theirs s '{ 192.0.2.9 }' && "
        "nft delete element inet theirs s '{ 192.0.2.9 }'"};
    (void)lab_.network().Shell(
        Lab::kRelay, kDamages[Roll(sizeof(kDamages) / sizeof(*kDamages))]);
  }

  int Roll(int sides) { return static_cast<int>(random_() % sides); }

  // Makes up for what the worker has done and we have not.
  void CatchUp() {
    while (model_.operations() < progress_->enforced) model_.Next();
  }

  const uint32_t seed_ = FromEnvironment("MXBAN_SOAK_SEED", 20240229);
  std::mt19937 random_{seed_ + 1};
  FirewallLab lab_{GetParam()};
  Model model_{seed_, GetParam() == "iptables" ? 400 : 8000};
  Progress* progress_;
  std::string foreign_;
  pid_t worker_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Backends, EnforcementSoakTest,
                         testing::Values("ipset", "nftables", "iptables"),
                         [](const auto& test) { return test.param; });

TEST_P(EnforcementSoakTest, TheKernelIsAsWantedWhateverDies) {
  SCOPED_TRACE(absl::StrCat("MXBAN_SOAK_SEED=", seed_));
  const int all = FromEnvironment("MXBAN_SOAK_OPERATIONS", 20'000);
  // Rule by rule each change rewrites a table, and nftables takes milliseconds
  // to extend a ban: a twentieth must do.
  const int operations = GetParam() == "ipset" ? all : all / 20;
  int deaths = 0;
  while (true) {
    Start(operations);
    ASSERT_TRUE(AwaitVerified())
        << "after " << deaths << " deaths, at operation " << model_.operations()
        << (progress_->differs ? ": differs" : "");
    const absl::Time end = absl::Now() + absl::Milliseconds(100 + Roll(900));
    int code = -1;
    bool ended = false;
    while (!ended && absl::Now() < end) {
      if (Roll(4) == 0) Damage();
      ended = AwaitEnd(worker_, absl::Milliseconds(50), &code);
    }
    if (!ended && progress_->enforced >= operations) {
      ended = AwaitEnd(worker_, absl::Seconds(30), &code);
    }
    if (ended) {
      ASSERT_EQ(code, 0) << (progress_->differs ? "the kernel differs" : "");
      break;
    }
    KillOne();
    if (HasFailure()) return;
    ++deaths;
    CatchUp();
  }
  EXPECT_EQ(Foreign(), foreign_);
  EXPECT_TRUE(AwaitEnd(progress_->enforcing_half, absl::Seconds(1)));
  RecordProperty("deaths", deaths);
  std::printf("%s: %d operations, %d deaths, %d repairs in the last life\n",
              GetParam().c_str(), progress_->enforced.load(), deaths,
              progress_->repairs.load());
}

}  // namespace
}  // namespace mxban
