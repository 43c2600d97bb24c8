#include "filter/interpolation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

constexpr int kMaxDepth = 10;
constexpr size_t kMaxLength = 1 << 20;

// A value and the option it belongs to, which `known/` of itself depends on.
struct Source {
  absl::string_view option;
  const IniValue* value = nullptr;
};

// `option` of `section/option`, or all of it.
absl::string_view OptionIn(absl::string_view reference) {
  const size_t slash = reference.find('/');
  return slash == absl::string_view::npos ? reference
                                          : reference.substr(slash + 1);
}

class Interpolator {
 public:
  Interpolator(const IniFile& file, absl::string_view section,
               const GivenValues& given)
      : file_(file), section_(section), given_(given) {}

  // Appends `source`, resolved, to `result`.
  absl::Status Expand(const Source& source, int depth, std::string& result) {
    if (depth > kMaxDepth) {
      return Mistake(source, "%(...)s goes more than ten levels deep");
    }
    absl::string_view rest = source.value->text;
    while (true) {
      const size_t percent = rest.find('%');
      absl::StrAppend(&result, rest.substr(0, percent));
      if (result.size() > kMaxLength) {
        return Mistake(source, "grows beyond 1 MiB");
      }
      if (percent == absl::string_view::npos) return absl::OkStatus();
      rest.remove_prefix(percent + 1);
      if (absl::ConsumePrefix(&rest, "%")) {
        result += '%';
        continue;
      }
      const size_t end = rest.find(")s");
      if (!absl::StartsWith(rest, "(") || end == absl::string_view::npos) {
        return Mistake(source,
                       "'%' must be followed by '%' or '(name)s'; write '%%' "
                       "for a percent sign");
      }
      const absl::Status inserted =
          Insert(source, rest.substr(1, end - 1), depth, result);
      if (!inserted.ok()) return inserted;
      rest.remove_prefix(end + 2);
    }
  }

  // What `reference` names in the option `source`: `option` or
  // `section/option`, the section in its own case. Null if it is nowhere.
  const IniValue* Find(const Source& source, absl::string_view reference,
                       absl::string_view option) const {
    const size_t slash = reference.find('/');
    if (slash == absl::string_view::npos) return file_.Find(section_, option);
    const absl::string_view section = reference.substr(0, slash);
    if (absl::EqualsIgnoreCase(section, "known")) {
      return FindKnown(source, option);
    }
    if (absl::EqualsIgnoreCase(section, "default")) {
      return file_.Find("DEFAULT", option);
    }
    return file_.Find(section, option);
  }

 private:
  absl::Status Insert(const Source& source, absl::string_view reference,
                      int depth, std::string& result) {
    const std::string name = absl::AsciiStrToLower(reference);
    const auto given = given_.find(name);
    if (given != given_.end()) {
      result += given->second;
      return absl::OkStatus();
    }
    if (name == "__name__") {
      absl::StrAppend(&result, section_);
      return absl::OkStatus();
    }
    const absl::string_view option = OptionIn(name);
    const IniValue* value = Find(source, reference, option);
    if (value == nullptr) {
      return Mistake(source,
                     absl::StrCat("%(", reference, ")s is defined nowhere"));
    }
    return Expand({.option = option, .value = value}, depth + 1, result);
  }

  absl::Status Mistake(const Source& source, absl::string_view what) const {
    return MistakeAt(source.value->place,
                     absl::StrCat("option '", source.option, "': ", what));
  }

  const IniValue* FindKnown(const Source& source,
                            absl::string_view option) const {
    if (option != source.option) return file_.FindKnown(section_, option);
    if (source.value->known != nullptr) return source.value->known.get();
    const IniValue* fallback = file_.Find("DEFAULT", option);
    for (const IniValue* value = fallback; value != nullptr;
         value = value->known.get()) {
      if (value == source.value) return nullptr;  // The first of its line.
    }
    return fallback;
  }

  const IniFile& file_;
  const absl::string_view section_;
  const GivenValues& given_;
};
}  // namespace

absl::StatusOr<IniValue> Resolve(const IniFile& file, absl::string_view section,
                                 absl::string_view option,
                                 const GivenValues& given) {
  const IniValue* value = file.Find(section, option);
  const auto override = given.find(option);
  if (override != given.end()) {
    return IniValue{.text = override->second, .place = file.PlaceOf(section)};
  }
  if (value == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("[", section, "] has no option '", option, "'"));
  }
  IniValue resolved{.place = value->place};
  Interpolator interpolator(file, section, given);
  const absl::Status expanded =
      interpolator.Expand({.option = option, .value = value}, 0, resolved.text);
  if (!expanded.ok()) return expanded;
  return resolved;
}

absl::StatusOr<std::string> ResolveReference(const IniFile& file,
                                             absl::string_view section,
                                             absl::string_view reference,
                                             const GivenValues& given) {
  const std::string option = absl::AsciiStrToLower(OptionIn(reference));
  Interpolator interpolator(file, section, given);
  const IniValue* value = interpolator.Find({}, reference, option);
  if (value == nullptr) {
    return absl::NotFoundError(absl::StrCat(reference, " is nowhere"));
  }
  std::string text;
  const absl::Status expanded =
      interpolator.Expand({.option = option, .value = value}, 0, text);
  if (!expanded.ok()) return expanded;
  return text;
}

}  // namespace mxban
