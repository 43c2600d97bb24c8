#include "coordinator/jail_config.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "coordinator/jail_reader.h"
#include "coordinator/option_value.h"
#include "coordinator/section_reader.h"
#include "filter/error_list.h"
#include "filter/ini_file.h"
#include "filter/interpolation.h"

namespace mxban {
namespace {

using Names = std::set<std::string, std::less<>>;

Names ReferredOptions(const IniFile& file) {
  Names options;
  std::vector<std::string> sections = file.sections();
  sections.push_back("DEFAULT");
  for (const std::string& section : sections) {
    for (const auto& [option, value] : file.OptionsOf(section)) {
      options.merge(ReferencesIn(value.text));
    }
  }
  return options;
}

// Names of sections are case-sensitive, so what such a one says would be lost.
void CheckDefaultsName(const IniFile& file, ErrorList& errors) {
  for (const std::string& section : file.sections()) {
    if (!absl::EqualsIgnoreCase(section, "DEFAULT")) continue;
    errors.Add(MistakeAt(
        file.PlaceOf(section),
        absl::StrCat("[", section, "] is no jail; did you mean [DEFAULT]?")));
  }
}

// Two jails must not share a chain: one would undo the other's bans.
void CheckEnforcementNames(const IniFile& file, const std::vector<Jail>& jails,
                           ErrorList& errors) {
  std::map<std::string, std::string> owners;
  for (const Jail& jail : jails) {
    const auto [owner, is_new] =
        owners.try_emplace(jail.enforcement.name, jail.name);
    if (is_new) continue;
    errors.Add(MistakeAt(
        file.PlaceOf(jail.name),
        absl::StrCat("[", jail.name, "] and [", owner->second,
                     "] both have an action with name=", owner->first)));
  }
}

// `dbpurgeage` of fail2ban.conf and .local, a day if they do not say.
absl::Duration ReadBanMemory(const std::string& base, ErrorList& errors,
                             std::vector<std::string>& notes) {
  absl::Duration memory = Jail().ban_memory;
  const absl::StatusOr<IniFile> file = IniFile::Load(base);
  if (!file.ok()) {
    errors.Add(file.status());
    return memory;
  }
  for (const std::string& path : file->files()) {
    notes.push_back(absl::StrCat(
        path,
        ": only dbpurgeage is honoured; the rest is about Fail2Ban "
        "itself, for mxban see mxban-coordinator --help"));
  }
  const auto value = Resolve(*file, "Definition", "dbpurgeage", {});
  if (absl::IsNotFound(value.status())) return memory;
  if (!value.ok()) {
    errors.Add(value.status());
    return memory;
  }
  const absl::StatusOr<absl::Duration> parsed = ParseLength(value->text);
  if (parsed.ok()) return *parsed;
  errors.Add(MistakeAt(
      value->place, absl::StrCat("dbpurgeage: ", parsed.status().message())));
  return memory;
}

}  // namespace

absl::StatusOr<JailConfig> LoadJails(absl::string_view config_dir) {
  const std::string base = absl::StrCat(config_dir, "/jail");
  const absl::StatusOr<IniFile> file = IniFile::Load(base);
  if (!file.ok()) return file.status();
  if (file->files().empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no ", base, ".conf or ", base, ".local"));
  }
  JailConfig config;
  ErrorList errors;
  std::set<std::string> sound_files;
  const absl::Duration ban_memory = ReadBanMemory(
      absl::StrCat(config_dir, "/fail2ban"), errors, config.notes);
  const JailSource source{.file = *file,
                          .config_dir = std::string(config_dir),
                          .ban_memory = ban_memory,
                          .referred_options = ReferredOptions(*file),
                          .sound_files = sound_files,
                          .errors = errors,
                          .notes = config.notes};
  CheckDefaultsName(*file, errors);
  CheckDefaults(source);
  for (const std::string& section : file->sections()) {
    std::optional<JailReading> reading = ReadJail(source, section);
    if (!reading) continue;
    config.ignore_lists[section] = std::move(reading->ignored);
    config.filters[section] = std::move(reading->filter);
    config.jails.push_back(std::move(reading->jail));
  }
  CheckEnforcementNames(*file, config.jails, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (config.jails.empty()) {
    config.notes.push_back(absl::StrCat(base, ".*: no jail is enabled"));
  }
  return config;
}

}  // namespace mxban
