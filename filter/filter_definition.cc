#include "filter/filter_definition.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "filter/date_pattern.h"
#include "filter/duration.h"
#include "filter/error_list.h"
#include "filter/fail_regex.h"
#include "filter/tag_substitution.h"

namespace mxban {
namespace {

constexpr absl::string_view kDefinition = "Definition";
constexpr absl::string_view kInit = "Init";
constexpr absl::string_view kKnown = "known/";

// The options that are a filter; a mistake in another one may never matter.
constexpr absl::string_view kOwnOptions[] = {
    "failregex", "ignoreregex", "successregex", "prefregex",  "maxlines",
    "usedns",    "datepattern", "journalmatch", "mlfpending", "mlftime",
};

// Of `maxlines` and `mlfpending`.
constexpr uint32_t kMaxCount = 1000;

constexpr absl::Duration kMaxJoinTime = absl::Hours(24);

bool IsOwnOption(absl::string_view option) {
  for (const absl::string_view own : kOwnOptions) {
    if (option == own) return true;
  }
  return false;
}

// Whether `expression` is nothing but a tag that should have been replaced.
bool IsUnreplacedTag(absl::string_view expression) {
  return absl::StartsWith(expression, "<") && absl::EndsWith(expression, ">") &&
         expression.find_first_of(" <>\\*+[(", 1) == expression.size() - 1;
}

std::vector<std::string> Lines(absl::string_view text) {
  return absl::StrSplit(text, '\n', absl::SkipWhitespace());
}

// Resolves all options of one filter.
class Resolver {
 public:
  Resolver(const IniFile& file, GivenValues given)
      : file_(file), given_(std::move(given)) {
    // Which head lines have; filters may say so themselves.
    if (!file_.OptionsOf(kDefinition).contains("logtype")) {
      given_.try_emplace("logtype", "file");
    }
  }

  absl::StatusOr<FilterValues> ResolveAll() {
    Interpolate();
    FilterValues resolved;
    for (const auto& [option, value] : values_) {
      auto text = SubstituteTags(
          value.text, [this](absl::string_view tag) { return Lookup(tag); });
      if (text.ok()) {
        resolved[option] = {.text = *std::move(text), .place = value.place};
      } else if (IsOwnOption(option)) {
        errors_.Add(MistakeAt(
            value.place, absl::StrCat(option, ": ", text.status().message())));
      }
    }
    if (!errors_.empty()) return errors_.ToStatus();
    return resolved;
  }

 private:
  // The first stage: the later of these sections win, what was given most.
  void Interpolate() {
    for (const absl::string_view section :
         {absl::string_view("DEFAULT"), kDefinition, kInit}) {
      for (const auto& [option, value] : file_.OptionsOf(section)) {
        if (given_.contains(option)) continue;
        // Those of DEFAULT are seen from [Definition].
        auto resolved = Resolve(file_, section == kInit ? kInit : kDefinition,
                                option, given_);
        if (resolved.ok()) {
          values_[option] = *std::move(resolved);
        } else if (IsOwnOption(option)) {
          errors_.Add(resolved.status());
        } else {
          broken_[option] = resolved.status();
        }
      }
    }
    for (const auto& [option, text] : given_) {
      values_[option] = {.text = text, .place = file_.PlaceOf(kDefinition)};
    }
  }

  std::optional<std::string> Lookup(absl::string_view tag) {
    const auto found = values_.find(tag);
    if (found != values_.end()) return found->second.text;
    // Options have no case, but for those of [Init].
    const std::string lower = absl::AsciiStrToLower(tag);
    if (lower != tag &&
        (given_.contains(lower) || file_.Find(kDefinition, lower) != nullptr)) {
      return Lookup(lower);
    }
    const auto broken = broken_.find(tag);
    if (broken != broken_.end()) errors_.Add(broken->second);
    const absl::StatusOr<std::string> text =
        absl::StartsWith(tag, kKnown) ? Known(tag.substr(kKnown.size()))
                                      : Elsewhere(tag);
    if (text.ok()) return *text;
    if (!absl::IsNotFound(text.status())) errors_.Add(text.status());
    return std::nullopt;
  }

  // What [Init] says of an option that was given.
  absl::StatusOr<std::string> Known(absl::string_view option) const {
    const absl::StatusOr<IniValue> value = Resolve(file_, kInit, option, {});
    if (!value.ok()) return value.status();
    return value->text;
  }

  // `section/option`: the value of that section, resolved there; what cannot
  // be, in [Definition].
  absl::StatusOr<std::string> Elsewhere(absl::string_view tag) const {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(tag, absl::MaxSplits('/', 1));
    if (!absl::StrContains(tag, '/') || file_.PlaceOf(parts.first).line == 0) {
      return absl::NotFoundError("");
    }
    const absl::StatusOr<IniValue> value =
        Resolve(file_, parts.first, absl::AsciiStrToLower(parts.second), {});
    if (value.ok()) return value->text;
    return ResolveReference(file_, kDefinition, tag, given_);
  }

  const IniFile& file_;
  GivenValues given_;
  FilterValues values_;
  // Helpers that cannot be resolved: wrong only if somebody uses them.
  std::map<std::string, absl::Status, std::less<>> broken_;
  ErrorList errors_;
};

absl::StatusOr<FilterValues> ResolveFile(const absl::StatusOr<IniFile>& file,
                                         absl::string_view path,
                                         const GivenValues& options) {
  if (!file.ok()) return file.status();
  if (file->files().empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no filter ", path, ".conf or .local"));
  }
  return Resolver(*file, options).ResolveAll();
}

// Picks the options of a filter one by one.
class Reader {
 public:
  explicit Reader(const FilterValues& values) : values_(values) {}

  absl::StatusOr<FilterReading> Read() {
    Filter& filter = reading_.filter;
    filter.fail_regexes = Regexes("failregex");
    filter.ignore_regexes = Regexes("ignoreregex");
    filter.success_regexes = Regexes("successregex");
    if (const IniValue* value = Find("prefregex")) {
      CheckRegex("prefregex", value->text, *value);
      filter.prefix_regex = value->text;
    }
    if (const IniValue* value = Find("datepattern")) {
      filter.date_patterns = Lines(value->text);
      const auto pattern =
          DatePattern::Compile(filter.date_patterns, absl::UTCTimeZone());
      if (!pattern.ok()) Refuse(*value, pattern.status().message());
    }
    ReadCount("maxlines", filter.max_lines);
    ReadCount("mlfpending", filter.pending_limit);
    ReadJoinTime();
    ReadUseDns();
    if (!errors_.empty()) return errors_.ToStatus();
    return std::move(reading_);
  }

 private:
  // The value of `option`, null if it is absent or empty.
  const IniValue* Find(absl::string_view option) const {
    const auto found = values_.find(option);
    const bool is_set = found != values_.end() && !found->second.text.empty();
    return is_set ? &found->second : nullptr;
  }

  void Refuse(const IniValue& value, absl::string_view what) {
    errors_.Add(MistakeAt(value.place, what));
  }

  void Note(const IniValue& value, absl::string_view what) {
    reading_.notes.push_back(absl::StrCat(value.place.ToString(), ": ", what));
  }

  void CheckRegex(absl::string_view name, absl::string_view expression,
                  const IniValue& value) {
    const auto compiled = FailRegex::Compile(expression, {});
    if (!compiled.ok()) {
      Refuse(value, absl::StrCat(name, ": ", compiled.status().message()));
    } else if (IsUnreplacedTag(expression) && !compiled->CapturesFailureId()) {
      Refuse(value, absl::StrCat(name, ": ", expression,
                                 " is defined nowhere; is `mode` right?"));
    }
  }

  std::vector<std::string> Regexes(absl::string_view option) {
    const IniValue* value = Find(option);
    if (value == nullptr) return {};
    std::vector<std::string> expressions = Lines(value->text);
    for (size_t i = 0; i < expressions.size(); ++i) {
      CheckRegex(absl::StrCat(option, " ", i + 1), expressions[i], *value);
    }
    return expressions;
  }

  // Sets `target` to a number of lines or failures, if there is one.
  void ReadCount(absl::string_view option, uint32_t& target) {
    const IniValue* value = Find(option);
    if (value == nullptr) return;
    uint32_t count = 0;
    if (absl::SimpleAtoi(value->text, &count) && count >= 1 &&
        count <= kMaxCount) {
      target = count;
    } else {
      Refuse(*value, absl::StrCat(option, ": '", value->text,
                                  "' is no number from 1 to ", kMaxCount));
    }
  }

  void ReadJoinTime() {
    const IniValue* value = Find("mlftime");
    if (value == nullptr) return;
    const absl::StatusOr<absl::Duration> time = ParseDuration(value->text);
    if (time.ok() && *time > absl::ZeroDuration() && *time <= kMaxJoinTime) {
      reading_.filter.join_time = *time;
    } else {
      Refuse(*value, absl::StrCat("mlftime: '", value->text,
                                  "' is no time of up to a day"));
    }
  }

  void ReadUseDns() {
    const IniValue* value = Find("usedns");
    if (value == nullptr) return;
    const std::string word = absl::AsciiStrToLower(value->text);
    reading_.filter.use_names = word != "no";
    if (word == "raw") {
      Note(*value,
           "usedns = raw: only addresses can be banned; a failure "
           "that names none is not counted");
    } else if (word != "no" && word != "yes" && word != "warn") {
      Refuse(*value, absl::StrCat("usedns: '", value->text,
                                  "' is none of yes, warn, no, raw"));
    }
  }

  const FilterValues& values_;
  FilterReading reading_;
  ErrorList errors_;
};

}  // namespace

absl::StatusOr<FilterValues> LoadFilterValues(absl::string_view directory,
                                              absl::string_view name,
                                              const GivenValues& options) {
  const std::string base = absl::StrCat(directory, "/", name);
  return ResolveFile(IniFile::Load(base), base, options);
}

absl::StatusOr<FilterValues> LoadFilterFile(absl::string_view path,
                                            const GivenValues& options) {
  return ResolveFile(IniFile::LoadAlone(path), path, options);
}

absl::StatusOr<FilterReading> ReadFilter(const FilterValues& values) {
  return Reader(values).Read();
}

}  // namespace mxban
