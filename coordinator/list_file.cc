#include "coordinator/list_file.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mxban {
namespace {

bool IsText(absl::string_view line) {
  return std::all_of(line.begin(), line.end(), [](unsigned char c) {
    return absl::ascii_isprint(c) || absl::ascii_isspace(c);
  });
}

std::vector<std::string> WordsOf(absl::string_view line) {
  return absl::StrSplit(line.substr(0, line.find('#')),
                        absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

}  // namespace

absl::Status ForEachLine(
    absl::string_view text, absl::string_view path,
    absl::FunctionRef<absl::Status(const std::vector<std::string>& words)>
        use) {
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    absl::Status status;
    if (!IsText(line)) {
      status = absl::InvalidArgumentError("holds bytes that are no text");
    } else if (const std::vector<std::string> words = WordsOf(line);
               !words.empty()) {
      status = use(words);
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace mxban
