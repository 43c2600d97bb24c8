#include "agent/rotated_logs.h"

#include <dirent.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <tuple>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

// Of one log; a directory that holds more is none that logrotate keeps.
constexpr size_t kMaxRotatedLogs = 1000;

constexpr absl::string_view kCompressed = ".gz";

// Whether `suffix`, which follows the log's name, is one that rotation gives:
// `.1`, `.2.gz`, `-20261126`, `-20261126-1700.gz`.
bool IsRotation(absl::string_view suffix) {
  absl::ConsumeSuffix(&suffix, kCompressed);
  if (suffix.size() < 2 || (suffix[0] != '.' && suffix[0] != '-')) return false;
  return absl::c_all_of(suffix.substr(1), [](char c) {
    return absl::ascii_isdigit(c) || c == '-' || c == '.' || c == '_';
  });
}

// Names of the rotated logs of `base` in `directory`, in no order.
std::vector<std::string> Names(const std::string& directory,
                               absl::string_view base) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()),
                                                 &closedir);
  if (open == nullptr) return names;
  while (const dirent* found = readdir(open.get())) {
    absl::string_view suffix = found->d_name;
    if (absl::ConsumePrefix(&suffix, base) && IsRotation(suffix) &&
        names.size() < kMaxRotatedLogs) {
      names.push_back(found->d_name);
    }
  }
  return names;
}

}  // namespace

std::vector<RotatedLog> RotatedLogs(const std::string& path) {
  const std::filesystem::path whole = path;
  const std::filesystem::path directory =
      whole.has_parent_path() ? whole.parent_path() : ".";
  const std::vector<std::string> names =
      Names(directory, whole.filename().native());

  std::vector<RotatedLog> logs;
  for (const std::string& name : names) {
    absl::string_view plain = name;
    if (absl::ConsumeSuffix(&plain, kCompressed) &&
        absl::c_linear_search(names, plain)) {
      continue;  // Not complete yet.
    }
    struct stat status;
    const std::string full_path = directory / name;
    if (stat(full_path.c_str(), &status) != 0) continue;
    logs.push_back({full_path, absl::TimeFromTimespec(status.st_mtim)});
  }
  // Of those written at the same time `mail.log.2` is older than `mail.log.1`.
  absl::c_sort(logs, [](const RotatedLog& a, const RotatedLog& b) {
    return std::tie(a.written, b.path) < std::tie(b.written, a.path);
  });
  return logs;
}

}  // namespace mxban
