// Reads one log from its first byte as an agent does, with all jails of a
// configuration at once, and takes what was found out of the outbox.
//
//   reading_bench CONFIG_DIR LOG UNIX_SECONDS
//
// It is UNIX_SECONDS all the time, so that the stamps of `LOG` are recent. The
// jails' own log paths are not heeded. Prints one line of JSON: how many lines
// were read, how many failures and right logins were found, and the processor
// time of reading, in seconds; what comes before the first line costs none.

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "agent/failure_outbox.h"
#include "agent/local_counter.h"
#include "agent/log_reader.h"
#include "bench/process_cost.h"
#include "coordinator/jail_config.h"
#include "spdlog/spdlog.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

// Of what an agent counts by itself, after it has found it.
class NoCounter final : public LocalCounter {
 public:
  void Count(const Jail&, const std::string&,
             const std::vector<Finding>&) override {}
  void ForgetLog(const std::string&, const std::string&) override {}
};

int Read(const std::string& config_dir, const std::string& log,
         absl::Time now) {
  absl::StatusOr<JailConfig> config = LoadJails(config_dir);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", config.status().ToString().c_str());
    return 1;
  }
  char folder[] = "/tmp/mxban-reading-XXXXXX";
  if (mkdtemp(folder) == nullptr) return 1;
  const std::string link = std::string(folder) + "/log";
  LogReader::Options options;
  options.time_zone = absl::UTCTimeZone();
  for (Jail& jail : config->jails) {
    jail.find_time = absl::Hours(24 * 365);
    options.log_paths[jail.name] = {link};
  }
  FakeClock clock(now);
  FailureOutbox outbox(4096);  // Somebody takes what it holds as it comes.
  NoCounter counter;
  size_t failures = 0, right_logins = 0;
  const auto empty = [&] {
    while (const auto batch = outbox.Take(1000)) {
      failures += batch->failures.size();
      right_logins += batch->right_logins.size();
      const uint64_t failed =
          batch->failures.empty() ? 0 : batch->failures.back().end_offset;
      const uint64_t logged_in = batch->right_logins.empty()
                                     ? 0
                                     : batch->right_logins.back().end_offset;
      outbox.Acknowledge(batch->jail, batch->log_id,
                         std::max(failed, logged_in));
    }
  };
  LogReader reader(outbox, counter, clock, std::move(options));
  reader.SetJails(config->jails);
  reader.Poll();  // Compiles the filters, and finds no log.
  std::filesystem::create_symlink(std::filesystem::absolute(log), link);
  const absl::Duration start = CpuTimeOf(getpid());
  bool is_done = false;
  while (!is_done) {
    empty();
    is_done = reader.Poll();
  }
  empty();
  const double cost = absl::ToDoubleSeconds(CpuTimeOf(getpid()) - start);
  std::filesystem::remove_all(folder);
  std::printf(
      "{\"lines\": %llu, \"failures\": %zu, \"right_logins\": %zu, "
      "\"cpu_seconds\": %.4f}\n",
      static_cast<unsigned long long>(reader.statistics().lines), failures,
      right_logins, cost);
  return 0;
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  int64_t seconds = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[3], &seconds)) {
    std::fprintf(stderr, "usage: reading_bench CONFIG_DIR LOG UNIX_SECONDS\n");
    return 2;
  }
  spdlog::set_level(spdlog::level::err);
  return mxban::Read(argv[1], argv[2], absl::FromUnixSeconds(seconds));
}
