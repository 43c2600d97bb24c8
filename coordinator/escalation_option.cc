#include "coordinator/escalation_option.h"

#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "coordinator/option_value.h"

namespace mxban {
namespace {

constexpr absl::string_view kSwitch = "bantime.increment";
constexpr absl::string_view kCompanions[] = {
    "bantime.factor",      "bantime.formula",      "bantime.maxtime",
    "bantime.multipliers", "bantime.overalljails", "bantime.rndtime",
};

bool IsSetIn(const IniFile& file, absl::string_view section) {
  return file.OptionsOf(section).contains(kSwitch);
}

// Whether what DEFAULT says may matter to some jail, for it switches by itself.
bool IsSetInSomeJail(const IniFile& file) {
  return absl::c_any_of(file.sections(), [&](const std::string& section) {
    return IsSetIn(file, section);
  });
}

void NoteUnused(SectionReader& section) {
  const IniFile& file = section.source().file;
  const IniFile::Options& own = file.OptionsOf(section.section());
  for (const absl::string_view option : kCompanions) {
    const IniValue* value = file.Find(section.section(), option);
    if (value == nullptr || value->text.empty()) continue;
    if (!own.contains(option) && IsSetInSomeJail(file)) continue;
    section.NoteAt(value->place,
                   absl::StrCat(option, " is not used: ", kSwitch, " is off"));
  }
}

}  // namespace

std::optional<Escalation> ReadEscalation(SectionReader& section) {
  bool is_on = false;
  section.Set(kSwitch, ParseBoolean, is_on);
  if (!is_on) {
    NoteUnused(section);
    return std::nullopt;
  }
  Escalation escalation;
  if (section.GetFilled("bantime.factor")) {
    section.Set("bantime.factor", ParseFactor, escalation.factor);
  }
  section.Set("bantime.multipliers", ParseMultipliers, escalation.multipliers);
  section.Set("bantime.maxtime", ParseMaxTime, escalation.max_time);
  section.Set("bantime.rndtime", ParseRandomTime, escalation.random_time);
  section.Set("bantime.overalljails", ParseBoolean, escalation.over_all_jails);
  if (const auto formula = section.Get("bantime.formula")) {
    const absl::Status known = CheckFormula(formula->text);
    if (!known.ok()) {
      section.RefuseAt(formula->place,
                       absl::StrCat("bantime.formula: ", known.message()));
    }
  }
  return escalation;
}

}  // namespace mxban
