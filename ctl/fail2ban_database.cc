#include "ctl/fail2ban_database.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mxban::ctl {
namespace {

// Fail2Ban writes within milliseconds.
constexpr int kBusyMilliseconds = 5'000;

// `bips` has the last ban of each source, `bans` all there ever were. What an
// operator ended is in neither; what only ran out stays for a while.
constexpr char kStandingBans[] =
    "SELECT jail, ip, timeofban, bantime FROM bips "
    "WHERE bantime < 0 OR timeofban + bantime > ? ORDER BY jail, ip";

struct Closer {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* query) const { sqlite3_finalize(query); }
};

std::string Text(sqlite3_stmt* row, int column) {
  const unsigned char* text = sqlite3_column_text(row, column);
  if (text == nullptr) return "";
  return std::string(reinterpret_cast<const char*>(text),
                     sqlite3_column_bytes(row, column));
}

ListedBan ReadRow(sqlite3_stmt* row) {
  const int64_t start = sqlite3_column_int64(row, 2);
  const int64_t seconds = sqlite3_column_int64(row, 3);
  return {.source = Text(row, 1),
          .jail = Text(row, 0),
          .expire_time = seconds < 0 ? absl::InfiniteFuture()
                                     : absl::FromUnixSeconds(start) +
                                           absl::Seconds(seconds),
          .error = ""};
}

absl::Status NotFail2Bans(const std::string& path, sqlite3* database) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is not a database of Fail2Ban 0.11 or later: ",
                   sqlite3_errmsg(database)));
}

}  // namespace

absl::StatusOr<std::vector<ListedBan>> ReadFail2BanDatabase(
    const std::string& path, absl::Time now) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, Closer> database(opened);
  if (code != SQLITE_OK) {
    return absl::NotFoundError(
        absl::StrCat(path, ": ", sqlite3_errstr(code),
                     "; give the path that fail2ban-client get dbfile prints"));
  }
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, kStandingBans, -1, &prepared, nullptr) !=
      SQLITE_OK) {
    return NotFail2Bans(path, opened);
  }
  const std::unique_ptr<sqlite3_stmt, Closer> query(prepared);
  sqlite3_bind_int64(prepared, 1, absl::ToUnixSeconds(now));
  std::vector<ListedBan> bans;
  int step;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    bans.push_back(ReadRow(prepared));
  }
  if (step != SQLITE_DONE) return NotFail2Bans(path, opened);
  return bans;
}

}  // namespace mxban::ctl
