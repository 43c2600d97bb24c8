#include "coordinator/jail_reader.h"

#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "coordinator/escalation_option.h"
#include "coordinator/good_sender_option.h"
#include "coordinator/jail_action.h"
#include "coordinator/jail_option.h"
#include "coordinator/log_option.h"
#include "coordinator/option_value.h"
#include "filter/failure_matcher.h"
#include "filter/filter_definition.h"
#include "filter/option_list.h"

namespace mxban {
namespace {

// What a jail may say in place of its filter.
constexpr absl::string_view kFilterOptions[] = {
    "failregex", "ignoreregex", "successregex", "prefregex",
    "maxlines",  "usedns",      "datepattern",  "journalmatch",
};

// Bans a minute where a jail does not say. Botnets of a few thousand addresses
// that begin within an hour stay below it; a filter that has gone wrong, or a
// log that is replayed, does not for long.
constexpr uint32_t kDefaultBanRate = 500;

// Says of an option that is needless or unknown what becomes of it.
void CheckUnused(SectionReader& section, const std::string& option,
                 const IniValue& value) {
  const OptionUse use = UseOf(option);
  if (use == OptionUse::kNeedless) {
    section.NoteAt(value.place,
                   absl::StrCat(option, ": ", WhyNeedless(option)));
  } else if (use == OptionUse::kUnknown) {
    const auto similar = SimilarOption(option);
    if (similar) {
      section.RefuseAt(value.place,
                       absl::StrCat("unknown option '", option,
                                    "'; did you mean ", *similar, "?"));
    } else {
      section.NoteAt(value.place,
                     absl::StrCat(option, " is not known; ignored"));
    }
  }
}

class Reader {
 public:
  Reader(const JailSource& source, absl::string_view section)
      : section_(source, section) {
    jail().name = std::string(section);
  }

  std::optional<JailReading> Read() {
    bool is_enabled = false;
    section_.Set("enabled", ParseBoolean, is_enabled);
    CheckOptions(is_enabled);
    if (!is_enabled) return std::nullopt;
    CheckName();
    ReadTheFilter();
    ReadLimits();
    ReadRails();
    ReadIgnored();
    ReadLogs(section_, journal_match_, jail());
    ReadEnforcement();
    if (section_.is_wrong()) return std::nullopt;
    NoteUnusedOptions();
    return std::move(reading_);
  }

 private:
  Jail& jail() { return reading_.jail; }

  void CheckName() {
    const std::string& name = jail().name;
    if (name.size() <= kMaxJailName &&
        absl::c_all_of(name, absl::ascii_isprint)) {
      return;
    }
    section_.Refuse(MistakeAt(
        section_.place(),
        absl::StrCat("[", absl::CHexEscape(name.substr(0, kMaxJailName)),
                     "] is no name for a jail: at most ", kMaxJailName,
                     " printable ASCII characters")));
  }

  // Of a jail that is off, only a slip in `enabled` itself matters.
  void CheckOptions(bool is_enabled) {
    const JailSource& source = section_.source();
    for (const auto& [option, value] :
         source.file.OptionsOf(section_.section())) {
      if (is_enabled) {
        CheckOption(option, value);
      } else if (UseOf(option) == OptionUse::kUnknown && !IsReferred(option) &&
                 SimilarOption(option) == "enabled") {
        CheckUnused(section_, option, value);
      }
    }
    if (!is_enabled) return;
    for (const auto& [option, value] : source.file.OptionsOf("DEFAULT")) {
      if (UseOf(option) == OptionUse::kOffOnly) CheckIsOff(option);
    }
  }

  void CheckOption(const std::string& option, const IniValue& value) {
    switch (UseOf(option)) {
      case OptionUse::kHonoured:
        return;
      case OptionUse::kVariable:
        if (!IsReferred(option)) {
          section_.NoteAt(value.place, absl::StrCat(option,
                                                    " is not used: nothing "
                                                    "refers to it"));
        }
        return;
      case OptionUse::kNeedless:
      case OptionUse::kUnknown:
        if (!IsReferred(option)) CheckUnused(section_, option, value);
        return;
      case OptionUse::kOffOnly:
        return CheckIsOff(option);
    }
  }

  bool IsReferred(absl::string_view option) const {
    return section_.source().referred_options.contains(option);
  }

  void CheckIsOff(absl::string_view option) {
    const std::optional<IniValue> value = section_.Get(option);
    if (!value || IsOff(option, value->text)) return;
    section_.RefuseAt(
        value->place,
        option == "ignorecommand"
            ? "ignorecommand is not supported: mxban runs no commands"
            : absl::StrCat(option, " is not supported yet"));
  }

  void ReadTheFilter() {
    std::optional<FilterValues> read = ReadFilterValues();
    if (!read) return;
    FilterValues values = *std::move(read);
    for (const absl::string_view option : kFilterOptions) {
      std::optional<IniValue> own = section_.Get(option);
      if (own) values[std::string(option)] = *std::move(own);
    }
    absl::StatusOr<FilterReading> reading = ReadFilter(values);
    if (!reading.ok()) return section_.Refuse(reading.status());
    for (std::string& note : reading->notes) section_.Note(std::move(note));
    jail().filter = std::move(reading->filter);
    section_.Set("logtimezone", ParseTimeZoneName, jail().filter.time_zone);
    if (values.contains("journalmatch")) {
      journal_match_ = values.at("journalmatch");
    }
    const auto matcher = FailureMatcher::Compile(jail().filter, {});
    if (!matcher.ok()) {
      const auto regexes = values.find(
          absl::StartsWith(matcher.status().message(), "successregex")
              ? "successregex"
              : "failregex");
      section_.RefuseAt(
          regexes == values.end() ? section_.place() : regexes->second.place,
          matcher.status().message());
    }
  }

  // The values of the jail's filter; they become `%(known/option)s`. None if
  // there is no such filter, or it is wrong.
  std::optional<FilterValues> ReadFilterValues() {
    const std::optional<IniValue> value = section_.GetFilled("filter");
    if (!value) return FilterValues();
    reading_.filter = value->text;
    absl::StatusOr<OptionItem> item = ParseOptionItem(value->text);
    if (!item.ok()) {
      section_.RefuseAt(value->place,
                        absl::StrCat("filter: ", item.status().message()));
      return std::nullopt;
    }
    const std::string directory = section_.source().config_dir + "/filter.d";
    if (ReadsJournal(section_) && !SaysLogType(directory + "/" + item->name)) {
      item->options.try_emplace("logtype", "journal");
    }
    absl::StatusOr<FilterValues> values =
        LoadFilterValues(directory, item->name, item->options);
    if (absl::IsNotFound(values.status())) {
      section_.RefuseAt(value->place, values.status().message());
      return std::nullopt;
    }
    if (!values.ok()) {
      section_.Refuse(values.status());
      return std::nullopt;
    }
    for (const auto& [option, resolved] : *values) {
      section_.Give("known/" + option, resolved.text);
    }
    return *std::move(values);
  }

  // Whether the filter itself decides what head its lines have.
  static bool SaysLogType(const std::string& base) {
    const absl::StatusOr<IniFile> filter = IniFile::Load(base);
    return filter.ok() && filter->OptionsOf("Definition").contains("logtype");
  }

  void ReadLimits() {
    section_.Set("maxretry", ParseMaxRetry, jail().max_retry);
    section_.Set("findtime", ParseLength, jail().find_time);
    section_.Set("bantime", ParseBanTime, jail().ban_time);
    jail().escalation = ReadEscalation(section_);
    ReadGoodSenders(section_, jail());
    jail().ban_memory = section_.source().ban_memory;
  }

  void ReadRails() {
    section_.Set("dryrun", ParseBoolean, jail().dry_run);
    section_.Set("minservers", ParseMinServers, jail().min_servers);
    jail().max_ban_rate = kDefaultBanRate;
    section_.Set("maxbanrate", ParseMaxBanRate, jail().max_ban_rate);
  }

  void ReadIgnored() {
    section_.Set("ipv6prefix", ParseIpv6Prefix, jail().ipv6_prefix);
    section_.Set("ignoreself", ParseBoolean, jail().ignore_self);
    section_.Set("ignoreip", ParseIgnoreList, reading_.ignored);
    jail().ignored_networks = reading_.ignored.networks;
    for (const std::string& path : reading_.ignored.files) {
      if (!section_.source().sound_files.insert(path).second) continue;
      const absl::Status read = ReadIgnoreFile(path).status();
      if (!read.ok()) {
        section_.source().sound_files.erase(path);
        section_.RefuseAt(section_.Get("ignoreip")->place,
                          absl::StrCat("ignoreip: ", read.message()));
      }
    }
  }

  // `action`, else what the stock jail makes of `banaction` and `port`. An
  // empty one is no reason to guess.
  void ReadEnforcement() {
    const std::optional<IniValue> port = section_.GetFilled("port");
    const std::string ports = port ? port->text : "";
    std::optional<IniValue> action = section_.Get("action");
    if (!action) {
      if (section_.source().file.Find(section_.section(), "action") !=
          nullptr) {
        return;  // It is wrong, which has been said.
      }
      action = ActionOfBanaction();
    }
    if (!action || action->text.empty()) {
      return section_.RefuseAt(action ? action->place : section_.place(),
                               "has no action: nothing would be closed");
    }
    absl::StatusOr<ActionReading> reading =
        ReadActions(action->text,
                    {.jail_name = jail().name,
                     .jail_port = ports,
                     .action_dir = section_.source().config_dir + "/action.d"});
    if (!reading.ok()) {
      return section_.RefuseOwnAt(action->place, reading.status().message());
    }
    for (const std::string& left_out : reading->left_out) {
      section_.NoteAt(action->place, left_out);
    }
    for (const std::string& note : reading->notes) {
      section_.NoteOwnAt(action->place, note);
    }
    jail().enforcement = std::move(reading->enforcement);
    NoteUnusedPort(port, action->text);
  }

  std::optional<IniValue> ActionOfBanaction() {
    std::optional<IniValue> action = section_.GetFilled("banaction");
    if (!action) return std::nullopt;
    for (const absl::string_view option : {"port", "protocol", "chain"}) {
      const auto value = section_.GetFilled(option);
      if (!value) continue;
      absl::StrAppend(&action->text, "[", option, "=\"", value->text, "\"]");
    }
    return action;
  }

  // A jail's `port` only matters to actions that interpolate it.
  void NoteUnusedPort(const std::optional<IniValue>& port,
                      absl::string_view actions) {
    const bool is_own =
        section_.source().file.OptionsOf(section_.section()).contains("port");
    if (!is_own || !port || absl::StrContains(actions, port->text)) return;
    section_.NoteAt(port->place,
                    absl::StrCat("port = ", port->text,
                                 " is not used: the action names its own "
                                 "ports"));
  }

  // Of the options that stock files hand to an action, the jail's own that its
  // `action` does not take; without an `action`, all are taken.
  void NoteUnusedOptions() {
    const IniFile& file = section_.source().file;
    const IniValue* action = file.Find(section_.section(), "action");
    if (action == nullptr) return;
    std::set<std::string, std::less<>> used;
    CollectUsed(action->text, used);
    const IniFile::Options& own = file.OptionsOf(section_.section());
    for (const absl::string_view option : {"banaction", "chain", "protocol"}) {
      const auto found = own.find(option);
      if (found == own.end() || used.contains(option)) continue;
      section_.NoteAt(found->second.place,
                      absl::StrCat(option,
                                   " is not used: the action does not "
                                   "refer to it"));
    }
  }

  // Adds the options that `text` and what it interpolates refer to.
  void CollectUsed(absl::string_view text,
                   std::set<std::string, std::less<>>& used) const {
    const IniFile& file = section_.source().file;
    for (const std::string& option : ReferencesIn(text)) {
      if (!used.insert(option).second) continue;
      const IniValue* value = file.Find(section_.section(), option);
      for (; value != nullptr; value = value->known.get()) {
        CollectUsed(value->text, used);
      }
    }
  }

  SectionReader section_;
  std::optional<IniValue> journal_match_;  // The jail's or its filter's.
  JailReading reading_;
};

}  // namespace

void CheckDefaults(const JailSource& source) {
  SectionReader section(source, "DEFAULT");
  for (const auto& [option, value] : source.file.OptionsOf("DEFAULT")) {
    if (source.referred_options.contains(option)) continue;
    CheckUnused(section, option, value);
  }
}

std::optional<JailReading> ReadJail(const JailSource& source,
                                    absl::string_view section) {
  return Reader(source, section).Read();
}

}  // namespace mxban
