#include "agent/position_file.h"

#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/state_file.h"

namespace mxban {

LogPositions ReadPositions(const std::string& path) {
  LogPositions positions;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    uint64_t offset = 0;
    if (fields.size() == 3 && absl::SimpleAtoi(fields[2], &offset)) {
      positions[{fields[0], fields[1]}] = offset;
    }
  }
  return positions;
}

absl::Status WritePositions(const std::string& path,
                            const LogPositions& positions) {
  std::string lines;
  for (const auto& [key, offset] : positions) {
    absl::StrAppend(&lines, key.first, "\t", key.second, "\t", offset, "\n");
  }
  return ReplaceFile(path, lines);
}

}  // namespace mxban
