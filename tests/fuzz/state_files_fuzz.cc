// What an agent finds in its state directory may be anything: it starts all the
// same, enforces what can be believed, and what it writes it reads again.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "agent/agent_core.h"
#include "common/stable_hash.h"
#include "spdlog/spdlog.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

void Write(const std::string& path, absl::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// As UpdateJournal stores an update: a head with size and hash before it.
std::string Record(absl::string_view update) {
  const struct {
    uint32_t size, reserved;
    uint64_t hash;
  } head = {static_cast<uint32_t>(update.size()), 0, StableHash(update)};
  return absl::StrCat(
      absl::string_view(reinterpret_cast<const char*>(&head), sizeof(head)),
      update);
}

// As local bans are stored: a line with the hash before them.
std::string Hashed(absl::string_view bans) {
  return absl::StrFormat("%016x\n%s", StableHash(bans), bans);
}

void Start(const std::string& folder) {
  FakeFirewall firewall;
  const FakeClock clock;
  auto core = AgentCore::Open({.state_dir = folder}, firewall, clock);
  if (!core.ok()) std::abort();
  (*core)->enforcer().Step();
  (*core)->local_bans().Step();
  (*core)->Save();
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spdlog::set_level(spdlog::level::off);
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                                size - 1);
  const std::string folder =
      absl::StrCat("/dev/shm/mxban-state-files-fuzz-", getpid());
  std::filesystem::create_directories(folder);
  // The first byte says what is spoilt, and whether a hash vouches for it.
  const bool is_framed = (*data & 1) != 0;
  switch (*data >> 1 & 3) {
    case 0:
      mxban::Write(folder + "/positions", bytes);
      break;
    case 1:
      mxban::Write(folder + "/local_bans",
                   is_framed ? mxban::Hashed(bytes) : std::string(bytes));
      break;
    default:
      mxban::Write(folder + "/bans",
                   is_framed ? mxban::Record(bytes) : std::string(bytes));
  }
  mxban::Start(folder);
  mxban::Start(folder);
  std::filesystem::remove_all(folder);
  return 0;
}
