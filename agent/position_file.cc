#include "agent/position_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

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
  const std::string temporary = absl::StrCat(path, ".new");
  std::ofstream file(temporary, std::ios::trunc);
  for (const auto& [key, offset] : positions) {
    file << key.first << '\t' << key.second << '\t' << offset << '\n';
  }
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace mxban
