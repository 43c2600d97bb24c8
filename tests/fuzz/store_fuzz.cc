// A store's file may be damaged anywhere: it is opened all the same, or set
// aside and salvaged, and what is read of it keeps the rules.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "coordinator/open_store.h"
#include "coordinator/sqlite_ban_store.h"
#include "spdlog/spdlog.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

constexpr size_t kPage = 4096;

const absl::Time kNow = absl::FromUnixSeconds(1'795'420'800);

std::string Folder() {
  return absl::StrCat("/dev/shm/mxban-store-fuzz-", getpid());
}

void Check(bool holds) {
  if (!holds) std::abort();
}

// A store with something in most of its tables.
std::string SoundStore() {
  const std::string path = Folder() + "/sound.db";
  const auto store = SqliteBanStore::Open(path);
  Check(store.ok());
  StoreChange change;
  change.revision = 7;
  for (int i = 0; i < 40; ++i) {
    const BanKey key = {"sendmail",
                        IpNetwork::ParseOrDie(absl::StrCat("203.0.113.", i))};
    change.failures.push_back(
        Kept({key, kNow, "mx1", std::string(i * 20, 'x'), ""}));
    change.pardoned.push_back({key, kNow});
    change.imposed.push_back({.key = key,
                              .create_time = kNow,
                              .expire_time = kNow + absl::Hours(i)});
    change.progress.push_back(
        {"mx1", "sendmail", absl::StrCat("log ", i), 100, kNow});
  }
  Check((*store)->Commit(change).ok());
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string& SoundFile() {
  static const std::string& file = *new std::string([] {
    std::filesystem::create_directories(Folder());
    const std::string path = SoundStore();  // Closed, so in one file.
    return ReadFile(path);
  }());
  return file;
}

// Four bytes of `damage` say which byte of `file` becomes which.
void Damage(absl::string_view damage, std::string& file) {
  for (; damage.size() >= 4; damage.remove_prefix(4)) {
    const auto byte = [&](int i) { return static_cast<uint8_t>(damage[i]); };
    const size_t place = byte(0) * kPage + (byte(1) << 8 | byte(2)) % kPage;
    file[place % file.size()] = damage[3];
  }
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  spdlog::set_level(spdlog::level::off);
  std::string file = mxban::SoundFile();
  mxban::Damage({reinterpret_cast<const char*>(data), size}, file);
  const std::string folder = mxban::Folder() + "/damaged";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/bans.db", std::ios::binary) << file;
  const auto opened = mxban::OpenStore(folder + "/bans.db", mxban::kNow);
  if (!opened.ok()) {
    // A flipped version number is that of a newer mxban.
    mxban::Check(absl::IsFailedPrecondition(opened.status()));
    return 0;
  }
  const auto contents = opened->store->Load();
  mxban::Check(contents.ok() || absl::IsDataLoss(contents.status()));
  return 0;
}
