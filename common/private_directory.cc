#include "common/private_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/errno_text.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

bool BeginsWithAny(const std::string& name,
                   const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](const std::string& beginning) {
                       return absl::StartsWith(name, beginning);
                     });
}

absl::Status MakeOne(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("cannot create ", path, ": ", ErrnoText(errno)));
  }
  // The umask has no say in it.
  chmod(path.c_str(), mode);
  return absl::OkStatus();
}

absl::Status Make(const fs::path& path, mode_t mode) {
  std::error_code error;
  if (path.empty() || fs::exists(path, error)) return absl::OkStatus();
  if (path.has_filename()) {
    RETURN_IF_ERROR(Make(path.parent_path(), 0755));
    return MakeOne(path, mode);
  }
  return Make(path.parent_path(), mode);  // It ends in a slash.
}

// Takes from others what they may do with a file or directory; follows no link.
void Narrow(const std::string& path) {
  const int file = open(
      path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  struct stat status;
  if (file < 0) return;
  if (fstat(file, &status) == 0 && (status.st_mode & kOthers) != 0) {
    const mode_t mode = status.st_mode & 07777;
    if (fchmod(file, mode & ~kOthers) == 0) {
      spdlog::warn("{} was open to others: mode {} is now {}", path,
                   absl::StrFormat("%04o", mode),
                   absl::StrFormat("%04o", mode & ~kOthers));
    } else {
      spdlog::warn("{} is open to others, mode {}, and cannot be narrowed: {}",
                   path, absl::StrFormat("%04o", mode), ErrnoText(errno));
    }
  }
  close(file);
}

}  // namespace

absl::Status KeepPrivate(const PrivateDirectory& directory) {
  RETURN_IF_ERROR(Make(directory.path, 0700));
  std::string foreign;
  std::error_code error;
  for (fs::directory_iterator file(directory.path, error), end;
       !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename();
    if (BeginsWithAny(name, directory.private_files)) {
      if (file->is_regular_file(error)) Narrow(file->path());
    } else if (!BeginsWithAny(name, directory.other_files)) {
      foreign = name;
    }
  }
  if (foreign.empty()) {
    Narrow(directory.path);
  } else {
    spdlog::warn("{} holds what is not ours ({}), so its mode stays",
                 directory.path, foreign);
  }
  return absl::OkStatus();
}

}  // namespace mxban
