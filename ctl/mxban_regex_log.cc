#include "ctl/mxban_regex_log.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "ctl/mxban_regex_path.h"

namespace mxban::ctl {
namespace {

uint64_t SizeOf(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// Only regular files are looked at: from others nothing can be taken back.
absl::Status CheckNotCompressed(const std::string& path, std::istream& file) {
  if (!std::filesystem::is_regular_file(path)) return absl::OkStatus();
  std::array<char, 2> head = {};
  file.read(head.data(), head.size());
  file.clear();
  file.seekg(0);
  if (head[0] != '\x1f' || head[1] != '\x8b') return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is compressed; try: zcat ", path, " | mxban-regex - FILTER"));
}

}  // namespace

absl::Status ReadLog(
    const std::string& log, std::istream& standard_input,
    absl::FunctionRef<void(std::istream& stream, uint64_t bytes)> read) {
  if (log == "-") {
    read(standard_input, 0);
  } else if (IsFile(log)) {
    std::ifstream file(log, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat(log, ": cannot be read"));
    }
    RETURN_IF_ERROR(CheckNotCompressed(log, file));
    read(file, SizeOf(log));
  } else if (LooksLikePath(log)) {
    return absl::NotFoundError(absl::StrCat("there is no log ", log));
  } else {
    std::istringstream line(log);
    read(line, log.size());
  }
  return absl::OkStatus();
}

}  // namespace mxban::ctl
