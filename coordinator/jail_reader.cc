#include "coordinator/jail_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "coordinator/jail_action.h"
#include "coordinator/jail_option.h"
#include "filter/failure_matcher.h"
#include "filter/filter_definition.h"
#include "filter/interpolation.h"
#include "filter/option_list.h"

namespace mxban {
namespace {

// The Fail2Ban whose language this is, for files that ask.
constexpr char kFail2BanVersion[] = "1.1.2";

// What a jail may say in place of its filter.
constexpr absl::string_view kFilterOptions[] = {
    "failregex", "ignoreregex", "prefregex",    "maxlines",
    "usedns",    "datepattern", "journalmatch",
};

class Reader {
 public:
  Reader(const JailSource& source, absl::string_view section)
      : source_(source), section_(section) {
    given_["fail2ban_version"] = kFail2BanVersion;
    given_["fail2ban_confpath"] = source.config_dir;
    jail_.name = section_;
  }

  std::optional<Jail> Read() {
    bool is_enabled = false;
    Set("enabled", ParseBoolean, is_enabled);
    if (!is_enabled) return std::nullopt;
    CheckOptions();
    const FilterValues values = ReadFilterValues();
    ReadFilterOptions(values);
    Set("maxretry", ParseMaxRetry, jail_.max_retry);
    Set("findtime", ParseFindTime, jail_.find_time);
    Set("bantime", ParseBanTime, jail_.ban_time);
    Set("ipv6prefix", ParseIpv6Prefix, jail_.ipv6_prefix);
    Set("ignoreip", ParseIgnoredNetworks, jail_.ignored_networks);
    ReadLogPaths();
    ReadBackend();
    ReadEnforcement();
    if (is_wrong_) return std::nullopt;
    return std::move(jail_);
  }

 private:
  void Refuse(const absl::Status& mistake) {
    is_wrong_ = true;
    source_.errors.Add(mistake);
  }

  void RefuseAt(const SourcePlace& place, absl::string_view what) {
    Refuse(MistakeAt(place, absl::StrCat("[", section_, "] ", what)));
  }

  void NoteAt(const SourcePlace& place, absl::string_view what) {
    source_.notes.push_back(
        absl::StrCat(place.ToString(), ": [", section_, "] ", what));
  }

  SourcePlace place() const { return source_.file.PlaceOf(section_); }

  // The value of `option`, interpolated; nothing if there is none.
  std::optional<IniValue> Get(absl::string_view option) {
    auto value = Resolve(source_.file, section_, option, given_);
    if (value.ok()) return *std::move(value);
    if (!absl::IsNotFound(value.status())) Refuse(value.status());
    return std::nullopt;
  }

  // Sets `target` to what `parse` makes of `option`, if there is one.
  template <typename T>
  void Set(absl::string_view option,
           absl::StatusOr<T> (*parse)(absl::string_view), T& target) {
    const std::optional<IniValue> value = Get(option);
    if (!value) return;
    absl::StatusOr<T> parsed = parse(value->text);
    if (parsed.ok()) {
      target = *std::move(parsed);
    } else {
      RefuseAt(value->place,
               absl::StrCat(option, ": ", parsed.status().message()));
    }
  }

  void CheckOptions() {
    for (const auto& [option, value] : source_.file.OptionsOf(section_)) {
      CheckOption(option, value);
    }
    for (const auto& [option, value] : source_.file.OptionsOf("DEFAULT")) {
      if (UseOf(option) == OptionUse::kOffOnly) CheckIsOff(option);
    }
  }

  void CheckOption(absl::string_view option, const IniValue& value) {
    const bool is_referred = source_.referred_options.contains(option);
    switch (UseOf(option)) {
      case OptionUse::kHonoured:
        return;
      case OptionUse::kNeedless:
        if (!is_referred) {
          NoteAt(value.place, absl::StrCat(option, " is not honoured"));
        }
        return;
      case OptionUse::kOffOnly:
        return CheckIsOff(option);
      case OptionUse::kUnknown:
        if (!is_referred) {
          Refuse(MistakeAt(value.place,
                           absl::StrCat("unknown option '", option, "'")));
        }
        return;
    }
  }

  void CheckIsOff(absl::string_view option) {
    const std::optional<IniValue> value = Get(option);
    if (!value) return;
    const absl::StatusOr<bool> is_on = ParseBoolean(value->text);
    if (is_on.ok() && !*is_on) return;
    RefuseAt(value->place, absl::StrCat(option, " is not supported yet"));
  }

  // The values of the jail's filter; they become `%(known/option)s`.
  FilterValues ReadFilterValues() {
    const std::optional<IniValue> value = Get("filter");
    if (!value || value->text.empty()) return {};
    const absl::StatusOr<OptionItem> item = ParseOptionItem(value->text);
    if (!item.ok()) {
      RefuseAt(value->place, absl::StrCat("filter: ", item.status().message()));
      return {};
    }
    absl::StatusOr<FilterValues> values = LoadFilterValues(
        source_.config_dir + "/filter.d", item->name, item->options);
    if (absl::IsNotFound(values.status())) {
      RefuseAt(value->place, values.status().message());
      return {};
    }
    if (!values.ok()) {
      Refuse(values.status());
      return {};
    }
    for (const auto& [option, resolved] : *values) {
      given_["known/" + option] = resolved.text;
    }
    return *std::move(values);
  }

  // Puts the jail's own expressions in place of the filter's.
  void ReadFilterOptions(FilterValues values) {
    for (const absl::string_view option : kFilterOptions) {
      std::optional<IniValue> own = Get(option);
      if (own) values[std::string(option)] = *std::move(own);
    }
    if (is_wrong_) return;  // The filter itself may be what is missing.
    absl::StatusOr<FilterReading> reading = ReadFilter(values);
    if (!reading.ok()) return Refuse(reading.status());
    for (std::string& note : reading->notes) {
      source_.notes.push_back(std::move(note));
    }
    jail_.filter = std::move(reading->filter);
    const auto matcher = FailureMatcher::Compile(jail_.filter, {});
    if (!matcher.ok()) {
      const auto regexes = values.find("failregex");
      RefuseAt(regexes == values.end() ? place() : regexes->second.place,
               matcher.status().message());
    }
  }

  void ReadLogPaths() {
    LogPaths paths;
    Set("logpath", ParseLogPaths, paths);
    const std::optional<IniValue> value = Get("logpath");
    if (!value || value->text.empty()) {
      return RefuseAt(place(), "has no logpath");
    }
    for (const std::string& path : paths.with_position) {
      NoteAt(value->place,
             absl::StrCat("logpath '", path,
                          "': head and tail are not honoured; a log is read "
                          "from where its lines still count"));
    }
    jail_.log_paths = std::move(paths.globs);
  }

  void ReadBackend() {
    const std::optional<IniValue> value = Get("backend");
    if (!value) return;
    for (const absl::string_view known :
         {"", "auto", "pyinotify", "polling", "gamin"}) {
      if (value->text == known) return;
    }
    RefuseAt(value->place,
             absl::StrCat("backend = ", value->text, " is not supported yet"));
  }

  // `action`, else what the stock jail makes of `banaction` and `port`.
  void ReadEnforcement() {
    const std::optional<IniValue> port = Get("port");
    const std::string ports = port ? port->text : "";
    std::optional<IniValue> action = Get("action");
    if (!action || action->text.empty()) {
      action = Get("banaction");
      if (!action || action->text.empty()) {
        return RefuseAt(place(), "has no action: nothing would be closed");
      }
      const std::optional<IniValue> protocol = Get("protocol");
      absl::StrAppend(&action->text, "[protocol=\"",
                      protocol ? protocol->text : "tcp", "\"]");
      if (port) absl::StrAppend(&action->text, "[port=\"", ports, "\"]");
    }
    absl::StatusOr<ActionReading> reading =
        ReadActions(action->text, section_, ports);
    if (!reading.ok()) {
      return RefuseAt(action->place, reading.status().message());
    }
    for (const std::string& note : reading->notes) NoteAt(action->place, note);
    jail_.enforcement = std::move(reading->enforcement);
    NoteUnusedPort(port, action->text);
  }

  // A jail's `port` only matters to actions that interpolate it.
  void NoteUnusedPort(const std::optional<IniValue>& port,
                      absl::string_view actions) {
    const bool is_own = source_.file.OptionsOf(section_).contains("port");
    if (!is_own || !port || absl::StrContains(actions, port->text)) return;
    NoteAt(port->place,
           absl::StrCat("port = ", port->text,
                        " is not used: the action names its own ports"));
  }

  const JailSource& source_;
  const std::string section_;
  GivenValues given_;
  Jail jail_;
  bool is_wrong_ = false;
};

}  // namespace

std::optional<Jail> ReadJail(const JailSource& source,
                             absl::string_view section) {
  return Reader(source, section).Read();
}

}  // namespace mxban
