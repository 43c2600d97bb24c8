#include "coordinator/good_sender_option.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "coordinator/option_value.h"

namespace mxban {
namespace {

constexpr absl::string_view kTime = "goodtime";
constexpr absl::string_view kShare = "maxgoodshare";

// Of the sources with a right login, unless the jail says otherwise.
constexpr double kDefaultShare = 0.05;

// What DEFAULT says may matter to other jails.
void NoteUnused(SectionReader& section) {
  const IniFile::Options& own =
      section.source().file.OptionsOf(section.section());
  for (const absl::string_view option : {kTime, kShare}) {
    const auto value = own.find(option);
    if (value == own.end()) continue;
    section.NoteAt(value->second.place,
                   absl::StrCat(option,
                                " is not used: without successregex nothing is "
                                "known of right logins"));
  }
}

}  // namespace

void ReadGoodSenders(SectionReader& section, Jail& jail) {
  const bool knows_right_logins = !jail.filter.success_regexes.empty();
  if (knows_right_logins) {
    jail.max_good_share = kDefaultShare;
  } else {
    NoteUnused(section);
  }
  double share = jail.max_good_share;
  section.Set(kTime, ParseLength, jail.good_time);
  section.Set(kShare, ParseShare, share);
  if (knows_right_logins) jail.max_good_share = share;
  const auto time = section.Get(kTime);
  if (time && knows_right_logins && jail.good_time < jail.find_time) {
    section.NoteAt(time->place,
                   absl::StrCat(kTime, " = ", time->text,
                                " is shorter than findtime, and read as that"));
  }
  jail.good_time = std::max(jail.good_time, jail.find_time);
}

}  // namespace mxban
