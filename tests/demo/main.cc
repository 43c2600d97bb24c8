// demo-tool: what ./demo cannot do in a few words of shell. Each command tells
// one thing, in lines that a shell reads; exit codes: 0 done, 1 not so, 2
// usage.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/demo/connection.h"
#include "tests/demo/latency.h"
#include "tests/demo/listener.h"
#include "tests/demo/replay.h"

namespace mxban::demo {
namespace {

constexpr int kUsage = 2;

int Finish(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "demo-tool: " << std::string(status.message()) << '\n';
  return 1;
}

struct Arguments {
  std::string name, outcome, source, path;
  std::vector<uint16_t> ports;
  std::vector<std::string> servers, logs, sources;
  double seconds = 3;
  int pause = 0;  // Milliseconds.
  LatencyTrial trial;
};

// Says which connections do not end as `outcome` says.
absl::Status Try(const Arguments& arguments) {
  const absl::StatusOr<Endpoint> source = ToEndpoint(arguments.source, 0);
  if (!source.ok()) return source.status();
  std::vector<std::string> others;
  for (const std::string& server : arguments.servers) {
    for (const uint16_t port : arguments.ports) {
      const absl::StatusOr<Endpoint> target = ToEndpoint(server, port);
      if (!target.ok()) return target.status();
      const auto outcome =
          ToText(TryConnect(*source, *target, absl::Seconds(2)));
      if (outcome == arguments.outcome) continue;
      others.push_back(absl::StrCat(server, " port ", port, " ", outcome));
    }
  }
  if (others.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(arguments.source, " is not ", arguments.outcome,
                   " everywhere: ", absl::StrJoin(others, ", ")));
}

absl::Status ReplayLogs(const Arguments& arguments) {
  std::vector<ReplayedLog> logs;
  for (const std::string& pair : arguments.logs) {
    const std::vector<std::string> paths = absl::StrSplit(pair, '=');
    if (paths.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", pair, "' is not FROM=TO"));
    }
    logs.push_back({paths[0], paths[1]});
  }
  const absl::StatusOr<ReplaySummary> summary =
      Replay(logs, absl::Seconds(arguments.seconds));
  if (!summary.ok()) return summary.status();
  std::cout << summary->lines << ' ' << absl::ToInt64Seconds(summary->span)
            << '\n';
  return absl::OkStatus();
}

// Prints count, median and worst, in milliseconds.
absl::Status Measure(const Arguments& arguments) {
  LatencyTrial trial = arguments.trial;
  trial.pause = absl::Milliseconds(arguments.pause);
  absl::StatusOr<std::vector<absl::Duration>> latencies =
      MeasureLatency(trial, arguments.sources);
  if (!latencies.ok()) return latencies.status();
  std::sort(latencies->begin(), latencies->end());
  const size_t middle = latencies->size() / 2;
  const absl::Duration median =
      ((*latencies)[middle] + (*latencies)[(latencies->size() - 1) / 2]) / 2;
  std::cout << absl::StreamFormat(
      "%d %.2f %.2f\n", latencies->size(), absl::ToDoubleMilliseconds(median),
      absl::ToDoubleMilliseconds(latencies->back()));
  return absl::OkStatus();
}

// For each address that failed or succeeded in logging in: itself, the role it
// played, its failures, its successes, and the failures on each server.
absl::Status Truth(const Arguments& arguments) {
  std::ifstream file(arguments.path);
  const auto truth = nlohmann::json::parse(file, nullptr, false);
  if (!truth.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", arguments.path));
  }
  for (const auto& [address, facts] : truth["addresses"].items()) {
    std::map<std::string, int> failed = {{"mx1", 0}, {"mx2", 0}, {"mx3", 0}};
    int all_failed = 0, all_ok = 0;
    for (const auto& [server, counts] : facts["servers"].items()) {
      all_failed += failed[server] = counts["auth_failed"];
      all_ok += counts["auth_ok"].get<int>();
    }
    if (all_failed + all_ok == 0) continue;
    std::cout << address << ' ' << facts["roles"][0].get<std::string>() << ' '
              << all_failed << ' ' << all_ok;
    for (const auto& [server, count] : failed) std::cout << ' ' << count;
    std::cout << '\n';
  }
  return absl::OkStatus();
}

CLI::App* AddCommand(CLI::App& app, const char* name, const char* description,
                     std::function<absl::Status()> run, int& exit_code) {
  CLI::App* command = app.add_subcommand(name, description);
  command->callback([run, &exit_code] { exit_code = Finish(run()); });
  return command;
}

void AddCommands(CLI::App& app, Arguments& a, int& exit_code) {
  CLI::App* listen = AddCommand(
      app, "listen", "Greet whoever connects",
      [&a] { return Listen(a.name, a.ports); }, exit_code);
  listen->add_option("NAME", a.name)->required();
  listen->add_option("PORT", a.ports)->required();

  CLI::App* attempt = AddCommand(
      app, "try", "Check that all connections are accepted, or refused",
      [&a] { return Try(a); }, exit_code);
  attempt->add_option("OUTCOME", a.outcome)->required();
  attempt->add_option("SOURCE", a.source)->required();
  attempt->add_option("--ports", a.ports)->required()->delimiter(',');
  attempt->add_option("--servers", a.servers)->required()->delimiter(',');

  CLI::App* replay = AddCommand(
      app, "replay", "Append captured logs as if it were now",
      [&a] { return ReplayLogs(a); }, exit_code);
  replay->add_option("FROM=TO", a.logs)->required();
  replay->add_option("--seconds", a.seconds, "How long to take");

  CLI::App* measure = AddCommand(
      app, "measure", "Measure from a line to refused connections",
      [&a] { return Measure(a); }, exit_code);
  measure->add_option("--log", a.trial.log)->required();
  measure->add_option("--line", a.trial.line)->required();
  measure->add_option("--servers", a.trial.servers)->required()->delimiter(',');
  measure->add_option("--pause", a.pause, "Between sources, in milliseconds");
  measure->add_option("SOURCE", a.sources)->required();

  AddCommand(
      app, "truth", "Print what the clients of the corpus did",
      [&a] { return Truth(a); }, exit_code)
      ->add_option("FILE", a.path)
      ->required();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  int exit_code = 0;
  CLI::App app("The hands of ./demo.", "demo-tool");
  app.require_subcommand(1);
  AddCommands(app, arguments, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace mxban::demo

int main(int argc, char** argv) { return mxban::demo::Main(argc, argv); }
