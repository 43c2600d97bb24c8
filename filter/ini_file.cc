#include "filter/ini_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mxban {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kDefault = "DEFAULT";
constexpr absl::string_view kIncludes = "INCLUDES";

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return MistakeAt({.file = path},
                     absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  return text;
}

// The files of `directory` that end in `suffix`, by name.
std::vector<std::string> FilesIn(const fs::path& directory,
                                 absl::string_view suffix) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const std::string path = at->path().string();
    if (absl::EndsWith(path, suffix) && Exists(path)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

// `Y.local` beside an included `Y.conf`, if it is there.
std::optional<std::string> LocalBeside(absl::string_view path) {
  if (!absl::ConsumeSuffix(&path, ".conf")) return std::nullopt;
  std::string local = absl::StrCat(path, ".local");
  if (!Exists(local)) return std::nullopt;
  return local;
}

const IniOption* FindOption(const std::vector<IniSection>& sections,
                            absl::string_view section, absl::string_view key) {
  for (const IniSection& candidate : sections) {
    if (candidate.name != section) continue;
    for (const IniOption& option : candidate.options) {
      if (option.key == key) return &option;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<IniFile> IniFile::Load(absl::string_view base) {
  std::vector<std::string> paths;
  for (const absl::string_view suffix : {".conf", ".local"}) {
    const std::string main = absl::StrCat(base, suffix);
    if (Exists(main)) paths.push_back(main);
    absl::c_copy(FilesIn(absl::StrCat(base, ".d"), suffix),
                 std::back_inserter(paths));
  }
  IniFile file;
  ErrorList errors;
  for (const std::string& path : paths) {
    std::vector<std::string> including;
    errors.Add(file.Read(path, including));
  }
  if (!errors.empty()) return errors.ToStatus();
  return file;
}

absl::StatusOr<IniFile> IniFile::LoadAlone(absl::string_view path) {
  IniFile file;
  std::vector<std::string> including;
  const absl::Status read = file.Read(std::string(path), including);
  if (!read.ok()) return read;
  return file;
}

absl::Status IniFile::Read(const std::string& path,
                           std::vector<std::string>& including) {
  if (absl::c_linear_search(including, path)) return absl::OkStatus();
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::vector<IniSection>> sections = ParseIniText(*text, path);
  if (!sections.ok()) return sections.status();

  including.push_back(path);
  ErrorList errors;
  errors.Add(ReadIncludes(*sections, "before", including));
  files_.push_back(path);
  for (const IniSection& section : *sections) {
    if (section.name != kIncludes) Merge(section);
  }
  errors.Add(ReadIncludes(*sections, "after", including));
  including.pop_back();
  return errors.ToStatus();
}

absl::Status IniFile::ReadIncludes(const std::vector<IniSection>& sections,
                                   absl::string_view which,
                                   std::vector<std::string>& including) {
  const IniOption* option = FindOption(sections, kIncludes, which);
  if (option == nullptr) return absl::OkStatus();
  if (absl::StrContains(option->value, '%')) {
    return MistakeAt(option->place,
                     "interpolation of included file names is "
                     "not supported yet");
  }
  const fs::path directory = fs::path(including.back()).parent_path();
  ErrorList errors;
  for (absl::string_view name :
       absl::StrSplit(option->value, '\n', absl::SkipWhitespace())) {
    const std::string path = (directory / std::string(name)).string();
    if (Exists(path)) errors.Add(Read(path, including));
    if (const auto local = LocalBeside(path)) {
      errors.Add(Read(*local, including));
    }
  }
  return errors.ToStatus();
}

void IniFile::Merge(const IniSection& section) {
  const std::vector<std::string> parts =
      absl::StrSplit(section.name, absl::MaxSplits('?', 1));
  const std::string suffix = parts.size() > 1 ? "?" + parts[1] : "";
  const auto [found, is_new] = sections_.try_emplace(parts[0]);
  if (is_new && parts[0] != kDefault) section_names_.push_back(parts[0]);
  found->second.place = section.place;
  for (const IniOption& option : section.options) {
    IniValue& value = found->second.options[option.key + suffix];
    IniValue merged{.text = option.value, .place = option.place};
    if (value.place.line != 0) {
      merged.known = std::make_shared<const IniValue>(std::move(value));
    }
    value = std::move(merged);
  }
}

SourcePlace IniFile::PlaceOf(absl::string_view section) const {
  const auto found = sections_.find(section);
  return found == sections_.end() ? SourcePlace() : found->second.place;
}

const IniFile::Options& IniFile::OptionsOf(absl::string_view section) const {
  static const Options* const kNone = new Options;
  const auto found = sections_.find(section);
  return found == sections_.end() ? *kNone : found->second.options;
}

const IniValue* IniFile::Find(absl::string_view section,
                              absl::string_view option) const {
  for (const absl::string_view place : {section, kDefault}) {
    const Options& options = OptionsOf(place);
    const auto found = options.find(option);
    if (found != options.end()) return &found->second;
  }
  return nullptr;
}

const IniValue* IniFile::FindKnown(absl::string_view section,
                                   absl::string_view option) const {
  const Options& own = OptionsOf(section);
  const auto found = own.find(option);
  if (found != own.end() && found->second.known != nullptr) {
    return found->second.known.get();
  }
  const Options& defaults = OptionsOf(kDefault);
  const auto fallback = defaults.find(option);
  if (fallback == defaults.end()) return nullptr;
  // Overridden by a section, or in DEFAULT itself by a later file.
  const bool is_own = section != kDefault && found != own.end();
  if (is_own || fallback->second.known == nullptr) return &fallback->second;
  return fallback->second.known.get();
}

}  // namespace mxban
