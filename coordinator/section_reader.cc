#include "coordinator/section_reader.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"

namespace mxban {
namespace {

// The Fail2Ban whose language this is, for files that ask.
constexpr char kFail2BanVersion[] = "1.1.2";

}  // namespace

std::set<std::string, std::less<>> ReferencesIn(absl::string_view text) {
  std::set<std::string, std::less<>> options;
  for (size_t at = text.find("%("); at != absl::string_view::npos;
       at = text.find("%(", at + 2)) {
    const size_t end = text.find(')', at);
    if (end == absl::string_view::npos) break;
    absl::string_view name = text.substr(at + 2, end - at - 2);
    const size_t slash = name.find('/');
    if (slash != absl::string_view::npos) name.remove_prefix(slash + 1);
    options.insert(absl::AsciiStrToLower(name));
  }
  return options;
}

SectionReader::SectionReader(const JailSource& source,
                             absl::string_view section)
    : source_(source), section_(section) {
  Give("fail2ban_version", kFail2BanVersion);
  Give("fail2ban_confpath", source.config_dir);
}

std::optional<IniValue> SectionReader::Get(absl::string_view option) {
  auto value = Resolve(source_.file, section_, option, given_);
  if (value.ok()) return *std::move(value);
  if (!absl::IsNotFound(value.status())) Refuse(value.status());
  return std::nullopt;
}

std::optional<IniValue> SectionReader::GetFilled(absl::string_view option) {
  std::optional<IniValue> value = Get(option);
  if (value && value->text.empty()) return std::nullopt;
  return value;
}

void SectionReader::Refuse(const absl::Status& mistake) {
  is_wrong_ = true;
  source_.errors.Add(mistake);
}

void SectionReader::RefuseAt(const SourcePlace& place, absl::string_view what) {
  Refuse(MistakeAt(place, absl::StrCat("[", SectionWith(place), "] ", what)));
}

void SectionReader::RefuseOwnAt(const SourcePlace& place,
                                absl::string_view what) {
  Refuse(MistakeAt(place, absl::StrCat("[", section_, "] ", what)));
}

void SectionReader::Note(std::string line) {
  if (!absl::c_linear_search(source_.notes, line)) {
    source_.notes.push_back(std::move(line));
  }
}

void SectionReader::NoteAt(const SourcePlace& place, absl::string_view what) {
  Note(absl::StrCat(place.ToString(), ": [", SectionWith(place), "] ", what));
}

void SectionReader::NoteOwnAt(const SourcePlace& place,
                              absl::string_view what) {
  Note(absl::StrCat(place.ToString(), ": [", section_, "] ", what));
}

absl::string_view SectionReader::SectionWith(const SourcePlace& place) const {
  const bool is_shared = absl::c_any_of(
      source_.file.OptionsOf("DEFAULT"), [&](const auto& option) {
        const SourcePlace& there = option.second.place;
        return there.line == place.line && there.file == place.file;
      });
  return is_shared ? absl::string_view("DEFAULT") : section_;
}

}  // namespace mxban
