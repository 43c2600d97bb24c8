#include "agent/firewall/xtables_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/errno_text.h"

namespace mxban {
namespace {

constexpr absl::Duration kRetryInterval = absl::Milliseconds(5);

std::string LockPath() {
  const char* path = std::getenv("XTABLES_LOCKFILE");
  return path != nullptr && *path != '\0' ? path : "/run/xtables.lock";
}

absl::Status LockError(const std::string& path) {
  const int error = errno;
  return absl::Status(
      error == EACCES || error == EPERM ? absl::StatusCode::kPermissionDenied
                                        : absl::StatusCode::kInternal,
      absl::StrCat("cannot lock ", path, ": ", ErrnoText(error)));
}

// Returns " by pid N (program)", from a line of /proc/locks such as
// `1: FLOCK  ADVISORY  WRITE 411 fe:01:2113 0 EOF`; empty if it cannot tell.
std::string HeldBy(int file) {
  struct stat status;
  if (fstat(file, &status) != 0) return "";
  const std::string identity =
      absl::StrFormat("%02x:%02x:%u", major(status.st_dev),
                      minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() < 6 || words[1] != "FLOCK" || words[5] != identity) {
      continue;
    }
    std::string program;
    std::ifstream comm(absl::StrCat("/proc/", words[4], "/comm"));
    std::getline(comm, program);
    return absl::StrCat(
        " by pid ", words[4],
        program.empty() ? "" : absl::StrCat(" (", program, ")"));
  }
  return "";
}

}  // namespace

absl::StatusOr<XtablesLock> XtablesLock::Acquire(absl::Duration patience) {
  const std::string path = LockPath();
  const int file = open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return LockError(path);
  XtablesLock lock(file);
  const absl::Time deadline = absl::Now() + patience;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return LockError(path);
    if (absl::Now() >= deadline) {
      return absl::UnavailableError(
          absl::StrCat("the lock is held", HeldBy(file), ": ", path));
    }
    absl::SleepFor(kRetryInterval);
  }
  return lock;
}

XtablesLock::XtablesLock(XtablesLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

XtablesLock::~XtablesLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace mxban
