// A fleet under random faults, against the exact truth. bench/soak says how.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "bench/fault_log.h"
#include "bench/fleet_health.h"
#include "bench/kernel_watch.h"
#include "bench/soak_faults.h"
#include "bench/soak_traffic.h"
#include "tests/system/faulty_fleet.h"

ABSL_FLAG(double, minutes, 10, "How long lines are written.");
ABSL_FLAG(uint64_t, lines, 1'000'000, "How many.");
ABSL_FLAG(int, agents, 20, "How many servers, from 3 to 200.");
ABSL_FLAG(uint32_t, seed, std::random_device()(),
          "Which faults and which lines.");
ABSL_FLAG(bool, rotate_anytime, false,
          "Rotate logs that are not read to their end, too.");

namespace mxban {
namespace {

constexpr int kMaxRetry = 8;
constexpr absl::Duration kTick = absl::Milliseconds(10);
constexpr absl::Duration kProgress = absl::Seconds(10);
constexpr absl::Duration kLate = absl::Seconds(1);

// What is waited for at the end, when nothing is done to the fleet any more.
constexpr absl::Duration kPatience = absl::Minutes(2);

// Lines of real servers, without their stamps, that no attacker caused.
std::vector<std::string> HarmlessLines() {
  std::vector<std::string> lines;
  for (const char* server : {"mx1", "mx2", "mx3"}) {
    std::ifstream log(absl::StrCat("tests/corpus/", server, "/mail.log"));
    std::string line;
    while (std::getline(log, line)) {
      if (line.size() < 16 || absl::StrContains(line, "SMTP attack")) continue;
      lines.push_back(line.substr(15));
    }
  }
  if (!lines.empty()) return lines;
  std::fprintf(stderr, "tests/corpus is not here\n");
  std::exit(1);
}

// Bans that came later than they should, and why.
class LateBans {
 public:
  void Add(const KernelWatch::Arrival& arrival, absl::Duration took,
           const std::set<std::string>& faults) {
    ++count_;
    for (const std::string& fault : faults) {
      Reason& reason = reasons_[fault];
      ++reason.overlaps;
      if (faults.size() > 1) continue;
      ++reason.alone;
      reason.slowest_alone = std::max(reason.slowest_alone, took);
    }
    if (!faults.empty() || ++unexplained_ > 5) return;
    std::printf("unexplained: %s on %s took %.2f s\n",
                arrival.due.source.c_str(), arrival.server.c_str(),
                absl::ToDoubleSeconds(took));
  }

  // False if one is without a reason.
  bool Print(size_t of) const {
    std::printf("late %d of %zu bans on servers, while there was:\n", count_,
                of);
    for (const auto& [fault, reason] : reasons_) {
      std::printf("  %-24s %6d, nothing else %6d", fault.c_str(),
                  reason.overlaps, reason.alone);
      if (reason.alone > 0) {
        std::printf(", of these the slowest %.2f s",
                    absl::ToDoubleSeconds(reason.slowest_alone));
      }
      std::printf("\n");
    }
    std::printf("unexplained %d\n", unexplained_);
    return unexplained_ == 0;
  }

 private:
  struct Reason {
    int overlaps = 0;
    int alone = 0;
    absl::Duration slowest_alone;
  };
  int count_ = 0;
  int unexplained_ = 0;
  std::map<std::string, Reason> reasons_;
};

class Soak {
 public:
  Soak()
      : fleet_(
            {.servers = absl::GetFlag(FLAGS_agents), .max_retry = kMaxRetry}),
        traffic_({.lines = absl::GetFlag(FLAGS_lines),
                  .servers = absl::GetFlag(FLAGS_agents),
                  .max_retry = kMaxRetry,
                  .ignored = FaultyFleet::kIgnored,
                  .seed = absl::GetFlag(FLAGS_seed)}),
        faults_(fleet_, fault_log_,
                {.seed = absl::GetFlag(FLAGS_seed),
                 .rotate_anytime = absl::GetFlag(FLAGS_rotate_anytime)}) {}

  // Whether all is as it should be.
  bool Run() {
    std::printf("seed %u\n", absl::GetFlag(FLAGS_seed));
    fleet_.StartAll();
    if (!fleet_.AwaitCurrent(kPatience))
      return Failed("the fleet does not start");
    watch_.emplace(fleet_, fault_log_);
    health_.emplace(fleet_, fault_log_);
    WriteAll();
    faults_.HealAll(absl::Now());
    WriteHeldBack();
    const bool is_settled = AwaitEnd();
    const bool is_exact = CompareAll();
    return Explain() && is_settled && is_exact;
  }

 private:
  static bool Failed(const std::string& what) {
    std::printf("NOT SO: %s\n", what.c_str());
    return false;
  }

  // Writes all lines evenly over the time, while the faults go on.
  void WriteAll() {
    const absl::Duration span = absl::Minutes(absl::GetFlag(FLAGS_minutes));
    const absl::Time start = absl::Now();
    absl::Time progress = start;
    bool is_over = false;
    while (!is_over) {
      const absl::Time now = absl::Now();
      faults_.Tick(now);
      const double part = absl::FDivDuration(now - start, span);
      const double due = part * absl::GetFlag(FLAGS_lines);
      while (!is_over && taken_ < due) is_over = !Take();
      WriteHeldBack();
      Flush();
      if (now >= progress) {
        PrintProgress(now - start);
        progress += kProgress;
      }
      absl::SleepFor(kTick);
    }
  }

  // Takes the next line of the traffic; false at the end.
  bool Take() {
    const std::optional<SoakTraffic::Line> line = traffic_.Next();
    if (!line.has_value()) return false;
    ++taken_;
    held_back_[fleet_.servers()[line->server]].push_back(line->source);
    return true;
  }

  // Writes what waits for a log, wherever it may be written to.
  void WriteHeldBack() {
    for (auto& [server, sources] : held_back_) {
      if (faults_.IsHeldBack(server)) continue;
      for (const std::string& source : sources) Write(server, source);
      sources.clear();
    }
    Flush();
  }

  void Write(const std::string& server, const std::string& source) {
    const absl::Time now = absl::Now();
    std::string& text = texts_[server];
    ++lines_;
    if (source.empty()) {
      absl::StrAppend(
          &text, absl::FormatTime("%b %e %H:%M:%S", now, absl::LocalTimeZone()),
          harmless_[lines_ % harmless_.size()], "\n");
      return;
    }
    absl::StrAppend(&text, fleet_.ledger().Failure(source, now), "\n");
    if (source == FaultyFleet::kIgnored) return;
    KernelWatch::Due& due = dues_[source];
    due.reporters.insert(server);
    if (++failures_of_[source] < kMaxRetry) return;
    due.source = source;
    earned_.push_back(source);
  }

  // Only now are the lines in the logs, and somebody may be late.
  void Flush() {
    for (auto& [server, text] : texts_) {
      if (!text.empty()) fleet_.Write(server, text);
      text.clear();
    }
    for (const std::string& source : earned_) {
      dues_[source].earned = absl::Now();
      watch_->Expect(dues_[source]);
    }
    earned_.clear();
  }

  void PrintProgress(absl::Duration elapsed) {
    int faults = 0;
    for (const auto& [kind, count] : faults_.counts()) faults += count;
    std::printf(
        "%4.0f s: %d lines, %zu failures, %zu banned, %d faults, "
        "%zu of %zu well, %zu bans on their way\n",
        absl::ToDoubleSeconds(elapsed), static_cast<int>(lines_),
        fleet_.ledger().failures(), fleet_.ledger().Guilty().size(), faults,
        health_->well(), fleet_.servers().size(), watch_->missing());
    std::fflush(stdout);
  }

  // Nothing happens any more: all has to come to rest.
  bool AwaitEnd() {
    const absl::Time start = absl::Now();
    bool is_settled = false;
    while (!is_settled && absl::Now() - start < kPatience) {
      absl::SleepFor(absl::Milliseconds(100));
      is_settled = watch_->missing() == 0 &&
                   health_->well() == fleet_.servers().size() &&
                   std::all_of(fleet_.servers().begin(), fleet_.servers().end(),
                               [this](const std::string& server) {
                                 return fleet_.IsSettled(server);
                               });
    }
    std::printf("all settled %.1f s after the last fault\n",
                absl::ToDoubleSeconds(absl::Now() - start));
    health_.reset();
    return is_settled || Failed("not all is settled");
  }

  // The kernels, mxbanctl and the store, against the truth.
  bool CompareAll() {
    const std::set<std::string> guilty = fleet_.ledger().Guilty();
    bool is_exact = true;
    for (const std::string& server : fleet_.servers()) {
      if (fleet_.KernelBans(server) != guilty) {
        is_exact = Failed(absl::StrCat("the kernel of ", server));
      }
      const std::string rules =
          fleet_.lab().Shell(server, "iptables-legacy -S").text;
      if (!absl::StrContains(rules, "-A INPUT -p tcp") ||
          !absl::StrContains(rules, "-j REJECT")) {
        is_exact = Failed(absl::StrCat("the rules of ", server));
      }
    }
    std::set<std::string> listed;
    for (const absl::string_view line :
         absl::StrSplit(fleet_.Ctl("bans --json").text, '\n')) {
      const std::vector<std::string> parts = absl::StrSplit(
          line, absl::MaxSplits(absl::string_view("\"source\":\""), 1));
      if (parts.size() == 2) {
        listed.insert(parts[1].substr(0, parts[1].find('"')));
      }
    }
    if (listed != guilty) is_exact = Failed("mxbanctl bans");
    return JudgeStore() && is_exact;
  }

  bool JudgeStore() {
    const Ledger::Verdict verdict = fleet_.Judge();
    std::printf("lines %d, failures %zu, sources banned %zu\n",
                static_cast<int>(lines_), fleet_.ledger().failures(),
                fleet_.ledger().Guilty().size());
    std::printf("faults:\n");
    for (const auto& [kind, count] : faults_.counts()) {
      std::printf("  %-24s %d\n", kind.c_str(), count);
    }
    std::printf("lost %zu\ndoubled %zu\n%s", verdict.lost, verdict.doubled,
                verdict.text.c_str());
    return verdict.ok() || Failed("the store");
  }

  // Every late ban, by the faults that overlapped it.
  bool Explain() {
    LateBans late;
    std::vector<absl::Duration> undisturbed;
    const std::vector<KernelWatch::Arrival> arrivals = watch_->arrivals();
    for (const KernelWatch::Arrival& arrival : arrivals) {
      const absl::Duration took = arrival.seen - arrival.due.earned;
      const std::set<std::string> faults = FaultsDuring(arrival);
      if (faults.empty()) undisturbed.push_back(took);
      if (took > kLate) late.Add(arrival, took, faults);
    }
    PrintQuantiles(std::move(undisturbed));
    return late.Print(arrivals.size());
  }

  std::set<std::string> FaultsDuring(const KernelWatch::Arrival& arrival) {
    std::set<std::string> involved = arrival.due.reporters;
    involved.insert(arrival.server);
    std::set<std::string> faults;
    for (const std::string& server : involved) {
      faults.merge(
          fault_log_.Between(server, arrival.due.earned, arrival.seen));
    }
    return faults;
  }

  static void PrintQuantiles(std::vector<absl::Duration> times) {
    if (times.empty()) return;
    std::sort(times.begin(), times.end());
    std::printf(
        "undisturbed %zu: median %.0f ms, 99 %% within %.0f ms "
        "(looked at every 50 ms)\n",
        times.size(), absl::ToDoubleMilliseconds(times[times.size() / 2]),
        absl::ToDoubleMilliseconds(times[times.size() * 99 / 100]));
  }

  FaultyFleet fleet_;
  FaultLog fault_log_;
  SoakTraffic traffic_;
  SoakFaults faults_;
  std::optional<KernelWatch> watch_;
  std::optional<FleetHealth> health_;

  const std::vector<std::string> harmless_ = HarmlessLines();
  uint64_t taken_ = 0;
  uint64_t lines_ = 0;
  std::map<std::string, std::vector<std::string>> held_back_;  // Who fails.
  std::map<std::string, std::string> texts_;  // Not in logs yet.
  std::map<std::string, int> failures_of_;
  std::map<std::string, KernelWatch::Due> dues_;
  std::vector<std::string> earned_;  // By the lines in texts_.
};

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const int agents = absl::GetFlag(FLAGS_agents);
  if (agents < 3 || agents > 200 || absl::GetFlag(FLAGS_minutes) > 90) {
    std::fprintf(stderr, "3 to 200 agents, and not longer than 90 minutes\n");
    return 2;
  }
  const bool is_right = mxban::Soak().Run();
  std::printf("%s\n", is_right ? "ok" : "NOT SO");
  return is_right ? 0 : 1;
}
