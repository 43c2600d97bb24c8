#include "agent/jail_logs.h"

#include <glob.h>
#include <unistd.h>

#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/input_tailer.h"
#include "agent/journal_tailer.h"

namespace mxban {
namespace {

constexpr absl::string_view kInput = "-";

// The files that `pattern` names now; itself if it is a plain path, which may
// appear later.
std::vector<std::string> ExpandGlob(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

// Differs for jails that do not see the same.
std::string NameOfJournal(const Jail& jail) {
  std::string name = "the journal";
  if (!jail.journal->directory.empty()) {
    absl::StrAppend(&name, " in ", jail.journal->directory);
  }
  absl::StrAppend(&name, ", flags ", jail.journal->flags);
  if (!jail.journal_matches.empty()) {
    absl::StrAppend(&name, ", ", absl::StrJoin(jail.journal_matches, " or "));
  }
  return name;
}

}  // namespace

bool JailLogs::ReadsJournal(const Jail& jail) const {
  return jail.journal && !replacements_.contains(jail.name);
}

std::vector<std::string> JailLogs::NamesOf(const Jail& jail) const {
  if (ReadsJournal(jail)) return {NameOfJournal(jail)};
  const auto replaced = replacements_.find(jail.name);
  std::vector<std::string> names;
  for (const std::string& pattern :
       replaced == replacements_.end() ? jail.log_paths : replaced->second) {
    absl::c_move(ExpandGlob(pattern), std::back_inserter(names));
  }
  return names;
}

std::unique_ptr<LineSource> JailLogs::Open(const std::string& name,
                                           const Jail& jail,
                                           LogTailer::Guide& guide) const {
  if (name == kInput) {
    return std::make_unique<InputTailer>(STDIN_FILENO, guide);
  }
  if (!ReadsJournal(jail)) return std::make_unique<LogTailer>(name, guide);
  return std::make_unique<JournalTailer>(
      JournalTailer::Options{.directory = jail.journal->directory,
                             .flags = jail.journal->flags,
                             .matches = jail.journal_matches},
      guide);
}

}  // namespace mxban
