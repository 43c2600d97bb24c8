// Measures the firewall backends in network namespaces of its own. Prints
// Markdown; bench/enforcement says how.

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_client.h"
#include "agent/firewall/firewall_server.h"
#include "bench/bare_kernel.h"
#include "tests/system/firewall_lab.h"
#include "tests/system/network_lab.h"

namespace mxban {
namespace {

using Lab = FirewallLab;

constexpr int kSingleBans = 2000;
constexpr int kConnectionsPerBlock = 400;
constexpr int kBlocks = 15;

enum class Whose { kThread, kProcess, kChildren };

absl::Duration CpuTime(Whose whose) {
  if (whose == Whose::kChildren) {
    rusage usage;  // In steps of some milliseconds, as the kernel keeps it.
    getrusage(RUSAGE_CHILDREN, &usage);
    return absl::DurationFromTimeval(usage.ru_utime) +
           absl::DurationFromTimeval(usage.ru_stime);
  }
  timespec time;
  clock_gettime(whose == Whose::kThread ? CLOCK_THREAD_CPUTIME_ID
                                        : CLOCK_PROCESS_CPUTIME_ID,
                &time);
  return absl::DurationFromTimespec(time);
}

// CPU time of `work`: in this thread, in this process, or in the processes that
// it waits for.
absl::Duration Measure(const std::function<void()>& work,
                       Whose whose = Whose::kThread) {
  const absl::Duration start = CpuTime(whose);
  work();
  return CpuTime(whose) - start;
}

absl::Duration Median(std::vector<absl::Duration> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

void Demand(const absl::Status& status) {
  if (!status.ok()) Die(status);
}

// The n-th of many sources; `block` keeps apart those that stand, those that
// are measured and those of others.
IpNetwork Source(int block, int n) {
  const auto byte = [n](int shift) { return static_cast<uint8_t>(n >> shift); };
  return IpNetwork::FromBytes(
      {static_cast<uint8_t>(10 + block), byte(16), byte(8), byte(0)}, 32);
}

constexpr int kStanding = 0;
constexpr int kMeasured = 1;
constexpr int kBare = 2;

FirewallChanges Bans(int block, int first, int count, absl::Time now) {
  FirewallChanges changes;
  changes.imposed.reserve(count);
  for (int i = 0; i < count; ++i) {
    changes.imposed.push_back(
        {"smtp", Source(block, first + i), now + absl::Hours(8)});
  }
  return changes;
}

FirewallChanges Lifted(const FirewallChanges& bans) {
  return {.lifted = bans.imposed};
}

std::vector<IpNetwork> Sources(int block, int count) {
  std::vector<IpNetwork> sources;
  for (int i = 0; i < count; ++i) sources.push_back(Source(block, i));
  return sources;
}

std::string Ratio(absl::Duration ours, absl::Duration theirs) {
  if (theirs == absl::ZeroDuration()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", absl::FDivDuration(ours, theirs));
  return text;
}

std::string Number(double value, int digits = 1) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

std::string Microseconds(absl::Duration duration) {
  return Number(absl::ToDoubleMicroseconds(duration), 2);
}

std::string Milliseconds(absl::Duration duration) {
  return Number(absl::ToDoubleMilliseconds(duration));
}

void PrintRow(const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) std::printf("| %s ", cell.c_str());
  std::printf("|\n");
  std::fflush(stdout);
}

void PrintHead(const std::string& title,
               const std::vector<std::string>& cells) {
  std::printf("\n%s\n\n", title.c_str());
  PrintRow(cells);
  PrintRow(std::vector<std::string>(cells.size(), "---"));
}

// Bans one at a time, several rounds with ours and theirs in turn.
void MeasureSingleBans(const std::string& kind, int standing) {
  FirewallLab lab(kind);
  Demand(lab.SetUp(MailRules("smtp")));
  const absl::Time now = absl::Now();
  std::vector<absl::Duration> ours, bare;
  const int bans = kind == "iptables" ? 100 : kSingleBans;
  lab.network().Run(Lab::kRelay, [&] {
    std::unique_ptr<Firewall> firewall = lab.OpenHere();
    Demand(firewall->Apply(Bans(kStanding, 0, standing, now), now));
    std::vector<FirewallChanges> each;
    for (int i = 0; i < bans; ++i) each.push_back(Bans(kMeasured, i, 1, now));
    for (int round = 0; round < 5; ++round) {
      ours.push_back(Measure([&] {
        for (const FirewallChanges& one : each) {
          Demand(firewall->Apply(one, now));
        }
      }));
      Demand(firewall->Apply(Lifted(Bans(kMeasured, 0, bans, now)), now));
      if (kind == "iptables") continue;
      BareKernel kernel(kind);
      const std::vector<std::string> messages =
          kernel.Write(Sources(kBare, bans), 1);
      bare.push_back(Measure([&] { Demand(kernel.Send(messages)); }));
      Demand(firewall->Apply(Lifted(Bans(kBare, 0, bans, now)), now));
    }
  });
  const absl::Duration one = Median(ours) / bans;
  if (bare.empty()) {
    return PrintRow(
        {kind, absl::StrCat(standing), Microseconds(one), "-", "-"});
  }
  PrintRow({kind, absl::StrCat(standing), Microseconds(one),
            Microseconds(Median(bare) / bans),
            Ratio(Median(ours), Median(bare))});
}

// A file for `ipset restore` or `nft -f`.
std::string CommandFile(const std::string& kind, int count,
                        const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kind, ".commands");
  std::ofstream file(path);
  for (int i = 0; i < count; ++i) {
    const std::string source = Source(kBare, i).ToString();
    if (kind == "ipset") {
      file << "add mxban-smtp-4 " << source << " timeout 28800\n";
    } else if (i % 1000 == 0) {
      file << (i == 0 ? "" : "}\n")
           << "add element inet mxban mxban-smtp-4-32 { " << source
           << " timeout 8h";
    } else {
      file << ", " << source << " timeout 8h";
    }
  }
  if (kind == "nftables") file << "}\n";
  return path;
}

void MeasureBulk(const std::string& kind, int count) {
  const absl::Time now = absl::Now();
  const FirewallChanges bans = Bans(kMeasured, 0, count, now);
  std::vector<absl::Duration> ours, bare, program;
  for (int round = 0; round < 3; ++round) {
    FirewallLab lab(kind);
    Demand(lab.SetUp(MailRules("smtp")));
    lab.network().Run(Lab::kRelay, [&] {
      std::unique_ptr<Firewall> firewall = lab.OpenHere();
      ours.push_back(Measure([&] { Demand(firewall->Apply(bans, now)); }));
      Demand(firewall->Remove());
    });
    if (kind == "iptables") continue;
    Demand(lab.SetUp(MailRules("smtp")));
    lab.network().Run(Lab::kRelay, [&] {
      BareKernel kernel(kind);
      const std::vector<std::string> messages =
          kernel.Write(Sources(kBare, count), 1000);
      bare.push_back(Measure([&] { Demand(kernel.Send(messages)); }));
      Demand(lab.OpenHere()->Remove());
    });
    Demand(lab.SetUp(MailRules("smtp")));
    const std::string path = CommandFile(kind, count, lab.network().folder());
    program.push_back(Measure(
        [&] {
          lab.OnRelay(kind == "ipset" ? "ipset restore <" + path
                                      : "nft -f " + path);
        },
        Whose::kChildren));
  }
  if (bare.empty()) {
    return PrintRow({kind, absl::StrCat(count), Milliseconds(Median(ours)), "-",
                     "-", "-", "-"});
  }
  PrintRow({kind, absl::StrCat(count), Milliseconds(Median(ours)),
            Milliseconds(Median(bare)), Ratio(Median(ours), Median(bare)),
            Milliseconds(Median(program)),
            Ratio(Median(ours), Median(program))});
}

// Connects and resets, from the address that is not banned.
void ConnectMany(uint16_t port) {
  for (int i = 0; i < kConnectionsPerBlock; ++i) {
    NetworkLab::Outcome outcome;
    const int connection = NetworkLab::ConnectHere(
        Lab::kNeighbour, "192.0.2.1", port, absl::Seconds(2), outcome);
    if (connection < 0) Die(absl::InternalError("the client is refused"));
    const linger reset = {1, 0};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(connection);
  }
}

// Both ends are in this process, and so is the kernel's work between them.
void MeasurePackets(const std::string& kind, int standing) {
  FirewallLab lab(kind);
  Demand(lab.SetUp(MailRules("smtp")));
  const absl::Time now = absl::Now();
  lab.network().Run(Lab::kRelay, [&] {
    Demand(lab.OpenHere()->Apply(Bans(kStanding, 0, standing, now), now));
  });
  std::vector<absl::Duration> filtered, unfiltered;
  lab.network().Run(Lab::kClient, [&] {
    for (int block = 0; block < kBlocks; ++block) {
      filtered.push_back(Measure([&] { ConnectMany(25); }, Whose::kProcess));
      unfiltered.push_back(
          Measure([&] { ConnectMany(2525); }, Whose::kProcess));
    }
  });
  PrintRow({kind, absl::StrCat(standing),
            Microseconds(Median(filtered) / kConnectionsPerBlock),
            Microseconds(Median(unfiltered) / kConnectionsPerBlock),
            Ratio(Median(filtered), Median(unfiltered))});
}

// Through the enforcing half: a process of its own, and back. Wall time, since
// that is what a ban waits.
void MeasureHalves(const std::string& kind) {
  FirewallLab lab(kind);
  Demand(lab.SetUp(MailRules("smtp")));
  const absl::Time now = absl::Now();
  FirewallChannelPair pair = OpenFirewallChannel().value();
  const pid_t child = fork();
  if (child == 0) {
    { const Descriptor other = std::move(pair.client.requests); }
    lab.network().Run(Lab::kRelay, [&] {
      std::unique_ptr<Firewall> firewall = lab.OpenHere();
      _exit(FirewallServer(*firewall, std::move(pair.server)).Serve().ok() ? 0
                                                                           : 1);
    });
  }
  { const FirewallChannel other = std::move(pair.server); }
  std::vector<absl::Duration> each;
  {
    FirewallClient client(std::move(pair.client.requests));
    Demand(client.Inspect(InspectDepth::kRules, now).status());
    for (int i = 0; i < 500; ++i) {
      const FirewallChanges one = Bans(kMeasured, i, 1, now);
      absl::SleepFor(
          absl::Milliseconds(1));  // Let the other half come to rest.
      const absl::Time start = absl::Now();
      Demand(client.Apply(one, now));
      each.push_back(absl::Now() - start);
    }
  }
  waitpid(child, nullptr, 0);
  std::sort(each.begin(), each.end());
  PrintRow({kind, Microseconds(each[each.size() / 2]),
            Microseconds(each[each.size() * 99 / 100])});
}

void Run(bool quick) {
  const std::vector<int> sizes =
      quick ? std::vector<int>{0, 1000, 100'000}
            : std::vector<int>{0, 1000, 100'000, 1'000'000};
  const std::vector<int> few = {0, 1000, 1900};
  PrintHead("One ban, CPU time",
            {"backend", "standing", "us", "bare kernel, us", "ratio"});
  for (const std::string kind : {"ipset", "nftables"}) {
    for (const int size : sizes) MeasureSingleBans(kind, size);
  }
  for (const int size : few) MeasureSingleBans("iptables", size);

  PrintHead("One ban through the enforcing half, wall time",
            {"backend", "median, us", "99 %, us"});
  for (const std::string kind : {"ipset", "nftables", "iptables"}) {
    MeasureHalves(kind);
  }

  PrintHead("Many bans at once, CPU time",
            {"backend", "bans", "ms", "bare kernel, ms", "ratio",
             "ipset restore, nft -f, ms", "ratio"});
  for (const std::string kind : {"ipset", "nftables"}) {
    for (const int size : sizes) {
      if (size >= 100'000) MeasureBulk(kind, size);
    }
  }
  MeasureBulk("iptables", 2000);

  PrintHead(
      "A connection of somebody who is not banned, CPU time of both ends",
      {"backend", "standing", "filtered port, us", "other port, us", "ratio"});
  for (const std::string kind : {"ipset", "nftables"}) {
    for (const int size : sizes) MeasurePackets(kind, size);
  }
  for (const int size : few) MeasurePackets("iptables", size);
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  mxban::Run(argc > 1 && std::string(argv[1]) == "--quick");
  return 0;
}
