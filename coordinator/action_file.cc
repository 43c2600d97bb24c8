#include "coordinator/action_file.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "filter/ini_file.h"
#include "filter/interpolation.h"

namespace mxban {
namespace {

// Commands are `actionban` and its kin; a `.local` may replace them.
constexpr absl::string_view kCommandPrefix = "action";

bool IsCommand(absl::string_view option) {
  return absl::StartsWith(option, kCommandPrefix) && option != "actiontype" &&
         option != "actname";
}

// Whether an operator wrote it, rather than whoever packaged Fail2Ban.
bool IsOperators(absl::string_view option, const IniValue& value) {
  return absl::EndsWith(value.place.file, ".local") ||
         (option == "blocktype" && absl::AsciiStrToLower(value.text) == "drop");
}

}  // namespace

absl::StatusOr<ActionFile> ReadActionFile(absl::string_view directory,
                                          absl::string_view name) {
  ASSIGN_OR_RETURN(const IniFile ini,
                   IniFile::Load(absl::StrCat(directory, "/", name)));
  ActionFile file;
  for (const absl::string_view section : {"Definition", "Init"}) {
    for (const auto& [option, value] : ini.OptionsOf(section)) {
      if (!IsOperators(option, value)) continue;
      if (IsCommand(option)) {
        file.notes.push_back(absl::StrCat("action ", name, ": ", option, " of ",
                                          value.place.ToString(),
                                          " is not run: mxban runs no "
                                          "commands"));
        continue;
      }
      ASSIGN_OR_RETURN(const IniValue resolved,
                       Resolve(ini, section, option, {}));
      file.options[option] = resolved.text;
    }
  }
  return file;
}

bool HasActionFile(absl::string_view directory, absl::string_view name) {
  const std::string base = absl::StrCat(directory, "/", name);
  std::error_code ignored;
  for (const absl::string_view suffix : {"", ".conf", ".local"}) {
    if (std::filesystem::is_regular_file(absl::StrCat(base, suffix), ignored)) {
      return true;
    }
  }
  return false;
}

}  // namespace mxban
