#include "ctl/mxban_regex_path.h"

#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace mxban::ctl {

bool IsFile(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status status =
      std::filesystem::status(path, ignored);
  return std::filesystem::is_regular_file(status) ||
         std::filesystem::is_fifo(status) ||
         std::filesystem::is_character_file(status);
}

bool LooksLikePath(absl::string_view text) {
  return (absl::StartsWith(text, "/") || absl::StartsWith(text, "./") ||
          absl::StartsWith(text, "../")) &&
         text.find_first_of(" \t\\(<*[") == absl::string_view::npos;
}

bool LooksLikeName(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace mxban::ctl
