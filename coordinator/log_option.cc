#include "coordinator/log_option.h"

#include <filesystem>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/option_value.h"
#include "filter/error_list.h"
#include "filter/option_list.h"

namespace mxban {
namespace {

constexpr absl::string_view kFileBackends[] = {"", "auto", "pyinotify",
                                               "polling", "gamin"};
constexpr absl::string_view kJournalBackend = "systemd";
constexpr absl::string_view kPlainEncodings[] = {"", "auto", "ascii", "utf-8",
                                                 "utf8"};
constexpr absl::string_view kFail2BansLog = "/var/log/fail2ban.log";

absl::Status SetJournalOption(absl::string_view option, absl::string_view value,
                              Journal& journal) {
  if (option == "journalpath") {
    if (!absl::StartsWith(value, "/")) {
      return absl::InvalidArgumentError(
          absl::StrCat("journalpath '", value, "' is no absolute path"));
    }
    journal.directory = std::string(value);
  } else if (option == "journalflags") {
    if (!absl::SimpleAtoi(value, &journal.flags) ||
        journal.flags > Journal::kAllFlags) {
      return absl::InvalidArgumentError(
          absl::StrCat("journalflags '", value, "' is no number up to 15"));
    }
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " is not supported; journalpath is"));
  }
  return absl::OkStatus();
}

// Whether a filter says it: nearly all do, for those who read the journal.
bool IsOfFilter(const SourcePlace& place) {
  return std::filesystem::path(place.file).parent_path().filename() ==
         "filter.d";
}

void ReadJournalMatches(SectionReader& section, const IniValue& value,
                        Jail& jail) {
  auto matches = ParseJournalMatches(value.text);
  if (!matches.ok()) {
    return section.Refuse(
        MistakeAt(value.place,
                  absl::StrCat("journalmatch: ", matches.status().message())));
  }
  if (jail.journal) {
    jail.journal_matches = *std::move(matches);
  } else if (!matches->empty() && !IsOfFilter(value.place)) {
    section.Note(absl::StrCat(value.place.ToString(),
                              ": journalmatch is not used: the files of "
                              "logpath are read; with backend = systemd, the "
                              "journal"));
  }
}

void ReadLogPaths(SectionReader& section, Jail& jail) {
  const std::optional<IniValue> value = section.GetFilled("logpath");
  if (!value) return section.RefuseAt(section.place(), "has no logpath");
  LogPaths paths;
  section.Set("logpath", ParseLogPaths, paths);
  for (const std::string& path : paths.with_position) {
    section.NoteAt(value->place,
                   absl::StrCat("logpath '", path,
                                "': head and tail are not honoured; a log "
                                "is read from where its lines still count"));
  }
  if (absl::c_linear_search(paths.globs, kFail2BansLog)) {
    section.NoteAt(value->place,
                   absl::StrCat(kFail2BansLog,
                                " is written by Fail2Ban alone; for mxban's "
                                "own bans there is bantime.increment"));
  }
  jail.log_paths = std::move(paths.globs);
}

void NoteEncoding(SectionReader& section) {
  const std::optional<IniValue> encoding = section.Get("logencoding");
  if (encoding && !absl::c_linear_search(
                      kPlainEncodings, absl::AsciiStrToLower(encoding->text))) {
    section.NoteAt(encoding->place,
                   absl::StrCat("logencoding = ", encoding->text,
                                ": lines are read as they are, in ASCII or "
                                "UTF-8"));
  }
}

}  // namespace

absl::StatusOr<std::optional<Journal>> ParseBackend(absl::string_view text) {
  if (absl::c_linear_search(kFileBackends, text)) return std::nullopt;
  ASSIGN_OR_RETURN(const OptionItem item, ParseOptionItem(text));
  if (item.name != kJournalBackend) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not known"));
  }
  Journal journal;
  // As Fail2Ban has it: in a directory that is named, everything counts.
  if (item.options.contains("journalpath")) journal.flags = 0;
  for (const auto& [option, value] : item.options) {
    RETURN_IF_ERROR(SetJournalOption(option, value, journal));
  }
  if (!journal.directory.empty() &&
      (journal.flags & ~Journal::kFlagsOfDirectory) != 0) {
    return absl::InvalidArgumentError(
        "journalflags 1 and 2 choose the directory that journalpath names");
  }
  return journal;
}

bool ReadsJournal(SectionReader& section) {
  const std::optional<IniValue> backend = section.Get("backend");
  return backend && absl::StartsWith(backend->text, kJournalBackend);
}

void ReadLogs(SectionReader& section,
              const std::optional<IniValue>& journal_match, Jail& jail) {
  section.Set("backend", ParseBackend, jail.journal);
  if (journal_match) ReadJournalMatches(section, *journal_match, jail);
  if (!ReadsJournal(section)) ReadLogPaths(section, jail);
  NoteEncoding(section);
}

}  // namespace mxban
