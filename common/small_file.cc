#include "common/small_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::Status Complaint(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("'", path, "' ", what));
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read '", path, "': ", std::strerror(errno)));
  }
  std::string contents;
  char chunk[1 << 14];
  while (contents.size() <= kLargestSmallFile &&
         (file.read(chunk, sizeof(chunk)), file.gcount() > 0)) {
    contents.append(chunk, static_cast<size_t>(file.gcount()));
  }
  if (contents.empty()) return Complaint(path, "is empty");
  if (contents.size() > kLargestSmallFile)
    return Complaint(path, "is too large");
  return contents;
}

absl::StatusOr<std::vector<std::string>> ReadSmallFiles(
    const std::string& path) {
  std::vector<std::string> paths;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (std::filesystem::directory_iterator entry(path, error), end;
         !error && entry != end; entry.increment(error)) {
      if (absl::StartsWith(entry->path().filename().string(), ".")) continue;
      if (entry->is_regular_file(error)) paths.push_back(entry->path());
    }
    if (error) return Complaint(path, error.message());
  } else {
    paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> contents;
  for (const std::string& each : paths) {
    ASSIGN_OR_RETURN(contents.emplace_back(), ReadSmallFile(each));
  }
  return contents;
}

absl::Status CheckOnlyOwnerReads(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || (status.st_mode & 077) == 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("'", path,
                   "' can be read or written by others than its "
                   "owner: chmod 600"));
}

}  // namespace mxban
