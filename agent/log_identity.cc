#include "agent/log_identity.h"

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace mxban {

std::string LogIdentity::ToString() const {
  std::string name =
      absl::StrFormat("file:%x:%d:%016x", device, inode, first_line);
  if (generation > 0) absl::StrAppend(&name, "+", generation);
  return name;
}

std::optional<LogIdentity> LogIdentity::Parse(absl::string_view name) {
  LogIdentity identity;
  const std::vector<absl::string_view> parts = absl::StrSplit(name, ':');
  if (parts.size() != 4 || parts[0] != "file") return std::nullopt;
  const std::vector<absl::string_view> last = absl::StrSplit(parts[3], '+');
  const bool is_well_formed =
      absl::SimpleHexAtoi(parts[1], &identity.device) &&
      absl::SimpleAtoi(parts[2], &identity.inode) &&
      absl::SimpleHexAtoi(last[0], &identity.first_line) &&
      (last.size() == 1 ||
       (last.size() == 2 && absl::SimpleAtoi(last[1], &identity.generation)));
  if (!is_well_formed) return std::nullopt;
  return identity;
}

LogIdentity Recognise(const LogIdentity& file,
                      const std::vector<std::string>& known,
                      const std::vector<LogIdentity>& present) {
  std::optional<LogIdentity> same_file, same_text;
  for (const std::string& name : known) {
    const std::optional<LogIdentity> log = LogIdentity::Parse(name);
    if (!log || log->first_line != file.first_line) continue;
    const bool is_elsewhere =
        absl::c_any_of(present, [&](const LogIdentity& other) {
          return other.IsSameFile(*log) && !other.IsSameFile(file);
        });
    if (is_elsewhere) continue;
    std::optional<LogIdentity>& best =
        log->IsSameFile(file) ? same_file : same_text;
    if (!best || log->generation > best->generation) best = log;
  }
  if (same_file) return *same_file;
  return same_text.value_or(file);
}

}  // namespace mxban
