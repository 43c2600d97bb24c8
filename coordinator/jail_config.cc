#include "coordinator/jail_config.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/jail_reader.h"
#include "filter/error_list.h"
#include "filter/ini_file.h"

namespace mxban {
namespace {

using Names = std::set<std::string, std::less<>>;

// Adds the options that `text` asks for by `%(option)s`.
void CollectReferences(absl::string_view text, Names& options) {
  for (size_t at = text.find("%("); at != absl::string_view::npos;
       at = text.find("%(", at + 2)) {
    const size_t end = text.find(')', at);
    if (end == absl::string_view::npos) return;
    absl::string_view name = text.substr(at + 2, end - at - 2);
    const size_t slash = name.find('/');
    if (slash != absl::string_view::npos) name.remove_prefix(slash + 1);
    options.insert(absl::AsciiStrToLower(name));
  }
}

Names ReferredOptions(const IniFile& file) {
  Names options;
  std::vector<std::string> sections = file.sections();
  sections.push_back("DEFAULT");
  for (const std::string& section : sections) {
    for (const auto& [option, value] : file.OptionsOf(section)) {
      CollectReferences(value.text, options);
    }
  }
  return options;
}

// Two jails must not share a chain: one would undo the other's bans.
void CheckEnforcementNames(const IniFile& file, const std::vector<Jail>& jails,
                           ErrorList& errors) {
  std::map<std::string, std::string> owners;
  for (const Jail& jail : jails) {
    const auto [owner, is_new] =
        owners.try_emplace(jail.enforcement.name, jail.name);
    if (is_new) continue;
    errors.Add(MistakeAt(
        file.PlaceOf(jail.name),
        absl::StrCat("[", jail.name, "] and [", owner->second,
                     "] both have an action with name=", owner->first)));
  }
}

std::string DescribeLength(absl::Duration length) {
  return length == absl::InfiniteDuration() ? "for ever"
                                            : absl::FormatDuration(length);
}

std::string DescribeLimit(const Jail& jail) {
  if (jail.max_retry == 1) return "the first failure";
  return absl::StrCat(jail.max_retry, " failures within ",
                      DescribeLength(jail.find_time));
}

std::string DescribePorts(const std::vector<PortRange>& ports) {
  return absl::StrJoin(ports, ",", [](std::string* out, PortRange range) {
    absl::StrAppend(out, range.first);
    if (range.last != range.first) absl::StrAppend(out, ":", range.last);
  });
}

absl::string_view DescribeRejection(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTcpReset:
      return "answered with a TCP reset";
    case Rejection::kIcmpPortUnreachable:
      return "answered with ICMP port unreachable";
    case Rejection::kDrop:
      return "dropped";
  }
  return "";
}

std::string DescribeNetworks(const std::vector<IpNetwork>& networks) {
  if (networks.empty()) return "nobody";
  return absl::StrJoin(networks, " ",
                       [](std::string* out, const IpNetwork& network) {
                         absl::StrAppend(out, network.ToString());
                       });
}

std::string DescribeJail(const Jail& jail) {
  return absl::StrCat(
      "[", jail.name, "]\n",                                            //
      "  logs      ", absl::StrJoin(jail.log_paths, " "), "\n",         //
      "  filter    ", jail.filter.fail_regexes.size(), " failregex, ",  //
      jail.filter.ignore_regexes.size(), " ignoreregex\n",              //
      "  ban       at ", DescribeLimit(jail), ", ",                     //
      DescribeLength(jail.ban_time), "\n",                              //
      "  ipv6      by /", jail.ipv6_prefix, "\n",                       //
      "  ignored   ", DescribeNetworks(jail.ignored_networks), "\n",    //
      "  closed    tcp ports ", DescribePorts(jail.enforcement.ports),  //
      " in chain mxban-", jail.enforcement.name, ", ",                  //
      DescribeRejection(jail.enforcement.rejection), "\n");
}

}  // namespace

absl::StatusOr<JailConfig> LoadJails(absl::string_view config_dir) {
  const std::string base = absl::StrCat(config_dir, "/jail");
  const absl::StatusOr<IniFile> file = IniFile::Load(base);
  if (!file.ok()) return file.status();
  if (file->files().empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no ", base, ".conf or ", base, ".local"));
  }
  JailConfig config;
  ErrorList errors;
  const JailSource source{.file = *file,
                          .config_dir = std::string(config_dir),
                          .referred_options = ReferredOptions(*file),
                          .errors = errors,
                          .notes = config.notes};
  for (const std::string& section : file->sections()) {
    std::optional<Jail> jail = ReadJail(source, section);
    if (jail) config.jails.push_back(*std::move(jail));
  }
  CheckEnforcementNames(*file, config.jails, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (config.jails.empty()) {
    config.notes.push_back(absl::StrCat(base, ".*: no jail is enabled"));
  }
  return config;
}

std::string DescribeJails(const JailConfig& config) {
  std::string text;
  for (const Jail& jail : config.jails) {
    absl::StrAppend(&text, DescribeJail(jail), "\n");
  }
  if (!config.notes.empty()) {
    absl::StrAppend(&text, "Not honoured:\n  ",
                    absl::StrJoin(config.notes, "\n  "), "\n");
  }
  return text;
}

}  // namespace mxban
