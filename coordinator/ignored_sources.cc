#include "coordinator/ignored_sources.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/network_set.h"

namespace mxban {
namespace {

// A name without an answer is asked for again this soon.
constexpr absl::Duration kRetryInterval = absl::Minutes(1);

void Append(const std::vector<IpNetwork>& from, std::vector<IpNetwork>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

template <typename Map>
void ForgetUnwanted(Map& map) {
  for (auto at = map.begin(); at != map.end();) {
    at = at->second.is_wanted ? std::next(at) : map.erase(at);
  }
}

}  // namespace

IgnoredSources::Refreshed IgnoredSources::Refresh(
    const std::vector<IgnoreList>& lists) {
  Refreshed refreshed;
  for (auto& [path, file] : files_) file.is_wanted = false;
  for (auto& [text, name] : names_) name.is_wanted = false;
  for (const IgnoreList& list : lists) {
    Want(list.names);
    for (const std::string& path : list.files) {
      RefreshFile(path, refreshed);
      Want(files_[path].list.names);
    }
  }
  ForgetUnwanted(files_);
  ForgetUnwanted(names_);
  RefreshNames(refreshed);
  return refreshed;
}

void IgnoredSources::RefreshNames(Refreshed& refreshed) {
  const absl::Time start = clock_.TimeNow();
  std::vector<std::pair<absl::Time, std::string>> due;
  for (const auto& [text, name] : names_) {
    if (start >= name.next_lookup) due.emplace_back(name.next_lookup, text);
  }
  absl::c_sort(due);  // Who waits longest is first, whatever the others take.
  for (const auto& [time, text] : due) {
    Name& name = names_[text];
    if (clock_.TimeNow() - start < kPatience) {
      RefreshName(text, name, refreshed);
    } else if (time == absl::InfinitePast() &&
               !std::exchange(name.is_late, true)) {
      refreshed.warnings.push_back(absl::StrCat(
          "ignoreip or allow list: ", text,
          " was not looked up yet; nobody is ignored for it until it is"));
    }
  }
}

void IgnoredSources::Want(const std::vector<std::string>& names) {
  for (const std::string& text : names) names_[text].is_wanted = true;
}

void IgnoredSources::RefreshFile(const std::string& path,
                                 Refreshed& refreshed) {
  struct stat about = {};
  FileMark mark;
  if (stat(path.c_str(), &about) == 0) {
    mark = {about.st_dev, about.st_ino, about.st_size,
            about.st_ctim.tv_sec * 1'000'000'000 + about.st_ctim.tv_nsec};
  }
  File& file = files_[path];
  file.is_wanted = true;
  if (mark == file.mark) {
    file.mistake.clear();  // It is as it was when it was sound.
    return;
  }
  absl::StatusOr<IgnoreList> list = ReadIgnoreFile(path);
  if (list.ok() && *list == IgnoreList() && file.list != IgnoreList()) {
    list = absl::InvalidArgumentError(absl::StrCat(path, ": is empty now"));
  }
  if (list.ok()) {
    if (*list != file.list) refreshed.has_changed = true;
    file.list = *std::move(list);
    file.mark = mark;
    file.mistake.clear();
    return;
  }
  std::string mistake(list.status().message());
  if (mistake == file.mistake) return;
  refreshed.warnings.push_back(
      absl::StrCat(mistake, "; what it held before stays ignored"));
  file.mistake = std::move(mistake);
}

void IgnoredSources::RefreshName(const std::string& text, Name& name,
                                 Refreshed& refreshed) {
  std::vector<IpNetwork> networks = DisjointNetworks(lookup_(text));
  const bool was_unknown = name.is_unknown;
  name.is_unknown = networks.empty();
  name.next_lookup =
      clock_.TimeNow() + (name.is_unknown ? kRetryInterval : kAnswerHolds);
  if (!name.is_unknown) {
    if (networks != name.networks) refreshed.has_changed = true;
    name.networks = std::move(networks);
  } else if (!was_unknown) {
    refreshed.warnings.push_back(absl::StrCat(
        "ignoreip or allow list: ", text, " does not resolve; ",
        name.networks.empty() ? "nobody is ignored for it"
                              : "the addresses it had stay ignored"));
  }
}

std::vector<IpNetwork> IgnoredSources::NetworksOf(
    const IgnoreList& list) const {
  std::vector<IpNetwork> networks = list.networks;
  const auto append_names = [&](const std::vector<std::string>& names) {
    for (const std::string& text : names) {
      const auto name = names_.find(text);
      if (name != names_.end()) Append(name->second.networks, networks);
    }
  };
  append_names(list.names);
  for (const std::string& path : list.files) {
    const auto file = files_.find(path);
    if (file == files_.end()) continue;
    Append(file->second.list.networks, networks);
    append_names(file->second.list.names);
  }
  return DisjointNetworks(std::move(networks));
}

}  // namespace mxban
