#ifndef MXBAN_TESTS_COORDINATOR_DAMAGED_STORE_H_
#define MXBAN_TESTS_COORDINATOR_DAMAGED_STORE_H_

// A store with contents, and ways to damage its file.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {

inline const absl::Time kWritten = absl::FromUnixSeconds(1'795'435'200);

inline BanKey NumberedKey(uint32_t number) {
  const uint8_t bytes[] = {11, static_cast<uint8_t>(number >> 16),
                           static_cast<uint8_t>(number >> 8),
                           static_cast<uint8_t>(number)};
  return {"jail", IpNetwork::FromBytes(bytes, 32)};
}

// `count` each of bans, failures, positions, pardons, held bans, allowed
// sources, right logins and audit records, at revision 7, and paused.
inline StoreChange NumberedChange(uint32_t count) {
  StoreChange change;
  change.revision = 7;
  for (uint32_t i = 0; i < count; ++i) {
    Ban ban;
    ban.key = NumberedKey(i);
    ban.create_time = kWritten;
    ban.expire_time = kWritten + absl::Hours(8);
    ban.evidence = {std::string(100, 'e')};
    ban.revision = 7;
    change.imposed.push_back(ban);
    change.failures.push_back(Kept({NumberedKey(i + count), kWritten, "mx1",
                                    std::string(100, 'f'), "bob"}));
    change.right_logins.push_back({NumberedKey(i + count), "alice", kWritten});
    change.progress.push_back(
        {"mx1", "jail", absl::StrCat("log", i), i, kWritten});
    change.pardoned.push_back({NumberedKey(i + 2 * count), kWritten});
    change.audit.push_back({kWritten, "mxban", "ban", "jail",
                            NumberedKey(i).source.ToString(),
                            std::string(100, 'a')});
    ban.key = NumberedKey(i + 3 * count);
    change.held.push_back({ban, "maxbanrate"});
    change.allowed.push_back(
        {.source = NumberedKey(i + 4 * count).source.ToString(),
         .reason = std::string(100, 'r'),
         .who = "operator",
         .create_time = kWritten,
         .networks = {NumberedKey(i + 4 * count).source}});
  }
  change.pause.emplace(Pause{"operator", "drill", kWritten});
  return change;
}

inline void WriteStore(const std::string& path, uint32_t count) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
  }
  auto store = SqliteBanStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ((*store)->Commit(NumberedChange(count)), absl::OkStatus());
}

// Overwrites `size` bytes.
inline void Damage(const std::string& path, uint64_t offset, size_t size) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file.is_open()) << path;
  file.seekp(static_cast<std::streamoff>(offset));
  file << std::string(size, '\xa5');
}

}  // namespace mxban

#endif  // MXBAN_TESTS_COORDINATOR_DAMAGED_STORE_H_
