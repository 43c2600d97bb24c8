#include "bench/coordinator_process.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/time/clock.h"
#include "common/clock.h"
#include "coordinator/coordinator.h"
#include "coordinator/sqlite_ban_store.h"

namespace mxban {
namespace {

void WriteConfig(const std::string& folder) {
  std::filesystem::create_directories(folder + "/filter.d");
  std::ofstream(folder + "/jail.local")
      << "[sendmail-auth]\nenabled = true\nfilter = sendmail-auth\nmaxretry = "
         "5\nfindtime = 10m\n"
         "logpath = /var/log/mail.log\n"
         "action = iptables-multiport[name=auth, port=smtp, protocol=tcp]\n";
  std::ofstream(folder + "/filter.d/sendmail-auth.conf")
      << "[Definition]\nfailregex = AUTH failure .* relay=\\[<HOST>\\]$\n";
}

// As if they had been imposed by and by.
void StoreBans(const std::string& folder, int count) {
  std::filesystem::create_directories(folder);
  const auto store = SqliteBanStore::Open(folder + "/bans.db");
  StoreChange change;
  change.revision = 1;
  for (int i = 0; i < count; ++i) {
    const uint8_t bytes[] = {10, static_cast<uint8_t>(i >> 16),
                             static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i)};
    change.imposed.push_back(
        {.key = {"sendmail-auth", IpNetwork::FromBytes(bytes, 32)},
         .create_time = absl::Now(),
         .expire_time = absl::Now() + absl::Hours(8)});
  }
  if (!store.ok() || !(*store)->Commit(change).ok()) std::abort();
}

// Never ends by itself.
int Serve(const std::string& folder, const std::string& admin_endpoint) {
  static const RealClock clock;
  static std::unique_ptr<Coordinator> coordinator;
  Coordinator::Options options;
  options.config_dir = folder + "/config";
  options.state_dir = folder + "/state";
  options.agent_listen = "127.0.0.1:0";
  options.admin_listen = admin_endpoint;
  options.http_listen = "";
  options.agent_quota = 0;
  options.max_sources = 20'000'000;
  auto started = Coordinator::Start(options, clock);
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
    return 0;
  }
  coordinator = *std::move(started);
  return coordinator->agent_port();
}

}  // namespace

CoordinatorProcess::CoordinatorProcess(int standing_bans) {
  // Not on a file system in memory: syncs count.
  char folder[] = "/var/tmp/mxban-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) std::abort();
  folder_ = folder;
  WriteConfig(folder_ + "/config");
  if (standing_bans > 0) StoreBans(folder_ + "/state", standing_bans);
  server_ = std::make_unique<ServerProcess>(
      [this] { return Serve(folder_, admin_endpoint()); });
}

CoordinatorProcess::~CoordinatorProcess() {
  server_.reset();
  std::filesystem::remove_all(folder_);
}

std::string CoordinatorProcess::admin_endpoint() const {
  return "unix:" + folder_ + "/admin.sock";
}

}  // namespace mxban
