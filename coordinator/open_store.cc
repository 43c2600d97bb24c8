#include "coordinator/open_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/sqlite_ban_store.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// SQLite's files beside the database.
constexpr const char* kBeside[] = {"-wal", "-shm"};

std::string SuccessorOf(const std::string& path) { return path + ".new"; }

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// Never replaces what stands.
absl::Status Move(const std::string& from, const std::string& to) {
  std::error_code error;
  if (Exists(to)) error = std::make_error_code(std::errc::file_exists);
  if (!error) std::filesystem::rename(from, to, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "store: cannot move ", from, " to ", to, ": ", error.message()));
}

absl::Status SyncDirectory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  const int fd =
      open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY);
  const bool is_synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (is_synced) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("store: cannot sync the directory of ", path));
}

void RemoveStore(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  for (const char* suffix : kBeside) {
    std::filesystem::remove(path + suffix, error);
  }
}

// Moves what there is of the store at `path` to `aside`.
absl::Status SetAside(const std::string& path, const std::string& aside) {
  if (Exists(path)) RETURN_IF_ERROR(Move(path, aside));
  for (const char* suffix : kBeside) {
    if (!Exists(path + suffix)) continue;
    RETURN_IF_ERROR(Move(path + suffix, aside + suffix));
  }
  return absl::OkStatus();
}

// Puts the successor, which is complete, in the place of the store.
absl::Status Succeed(const std::string& path, const std::string& aside) {
  // SQLite does not say that it failed to merge a log when it closes.
  if (Exists(SuccessorOf(path) + "-wal")) {
    return absl::UnavailableError(absl::StrCat("store: ", SuccessorOf(path),
                                               " is not complete on the disk"));
  }
  RETURN_IF_ERROR(SetAside(path, aside));
  RETURN_IF_ERROR(Move(SuccessorOf(path), path));
  return SyncDirectory(path);
}

// Creates the store beside its place first: a file that is there is a whole
// store, or was one.
absl::Status Create(const std::string& path) {
  const std::string unfinished = path + ".unfinished";
  RemoveStore(unfinished);
  RETURN_IF_ERROR(SqliteBanStore::Open(unfinished).status());
  RETURN_IF_ERROR(Move(unfinished, path));
  return SyncDirectory(path);
}

// DATA_LOSS also if a row is not readable.
absl::StatusOr<std::unique_ptr<SqliteBanStore>> OpenSound(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto store, SqliteBanStore::Open(path));
  RETURN_IF_ERROR(store->Load().status());
  return store;
}

}  // namespace

std::string Salvage::ToString() const {
  std::string text =
      absl::StrCat(reason, "; set aside as ", set_aside, "; carried over:");
  for (const SalvagedTable& table : tables) {
    absl::StrAppend(&text, " ", table.name, " ", table.rows);
    if (table.spoilt_rows > 0) {
      absl::StrAppend(&text, " (", table.spoilt_rows, " spoilt)");
    }
    if (!table.is_whole) absl::StrAppend(&text, " (more could not be read)");
  }
  return text;
}

absl::StatusOr<OpenedStore> OpenStore(const std::string& path, absl::Time now) {
  const std::string aside = absl::StrCat(
      path, ".corrupt-",
      absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  OpenedStore opened;
  if (!Exists(path) && Exists(SuccessorOf(path))) {
    // A start died when it had moved the old store and not yet the new one.
    RETURN_IF_ERROR(Succeed(path, aside));
    opened.salvage = {"store: replaced by a start that did not live to tell",
                      absl::StrCat(path, ".corrupt-*"),
                      {}};
  }
  if (!Exists(path)) RETURN_IF_ERROR(Create(path));
  absl::StatusOr<std::unique_ptr<SqliteBanStore>> store = OpenSound(path);
  if (absl::IsDataLoss(store.status())) {
    const std::string reason(store.status().message());
    RemoveStore(SuccessorOf(path));
    ASSIGN_OR_RETURN(std::vector<SalvagedTable> tables,
                     SalvageStore(path, SuccessorOf(path), now));
    RETURN_IF_ERROR(Succeed(path, aside));
    opened.salvage = {reason, aside, std::move(tables)};
    store = OpenSound(path);
  }
  RETURN_IF_ERROR(store.status());
  if (opened.salvage) spdlog::error("{}", opened.salvage->ToString());
  opened.store = *std::move(store);
  return opened;
}

}  // namespace mxban
