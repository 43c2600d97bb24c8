#include "agent/firewall/jail_sets.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/firewall/table_rule.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr absl::string_view kType = "hash:net";

// What stands between jail and family digit in the name of a set.
constexpr absl::string_view kBans = "";
constexpr absl::string_view kAllowed = "a";
constexpr absl::string_view kTwin = "t";  // For a moment, while replacing.

std::string SetName(absl::string_view jail, absl::string_view part,
                    Family family) {
  return absl::StrCat(kOwnPrefix, jail, "-", part,
                      absl::string_view(family == Family::kIpv4 ? "4" : "6"));
}

// Returns the jail that the set belongs to, if it is one of ours.
std::optional<std::string> JailOf(absl::string_view set) {
  if (!absl::ConsumePrefix(&set, kOwnPrefix)) return std::nullopt;
  for (const absl::string_view part : {kAllowed, kTwin, kBans}) {
    for (const Family family : JailSets::kFamilies) {
      const std::string ending =
          absl::StrCat("-", part, std::string(1, FamilyDigit(family)));
      if (absl::EndsWith(set, ending)) {
        const absl::string_view jail = absl::StripSuffix(set, ending);
        if (!IsFirewallName(jail)) return std::nullopt;
        return std::string(jail);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string JailSets::BanSet(absl::string_view jail, Family family) {
  return SetName(jail, kBans, family);
}

absl::Status JailSets::Prepare(const JailRules& rules) {
  for (const Family family : kFamilies) {
    const std::string twin = SetName(rules.name, kTwin, family);
    RETURN_IF_ERROR(ipset_.Destroy(twin));
    for (const absl::string_view part : {kAllowed, kBans}) {
      RETURN_IF_ERROR(EnsureSet(
          HeaderFor(SetName(rules.name, part, family), family), twin));
    }
    RETURN_IF_ERROR(SyncAllowed(rules, family));
  }
  return absl::OkStatus();
}

absl::Status JailSets::Drop(absl::string_view jail) {
  absl::Status status;
  for (const Family family : kFamilies) {
    for (const absl::string_view part : {kBans, kAllowed, kTwin}) {
      status.Update(ipset_.Destroy(SetName(jail, part, family)));
    }
  }
  return status;
}

absl::Status JailSets::DropAll() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ipset_.Names());
  absl::Status status;
  for (const std::string& name : names) {
    if (absl::StartsWith(name, kOwnPrefix)) status.Update(ipset_.Destroy(name));
  }
  return status;
}

absl::StatusOr<std::set<std::string>> JailSets::Jails() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ipset_.Names());
  std::set<std::string> jails;
  for (const std::string& name : names) {
    if (std::optional<std::string> jail = JailOf(name)) jails.insert(*jail);
  }
  return jails;
}

absl::StatusOr<JailSets::Indexes> JailSets::IndexesOf(absl::string_view jail,
                                                      Family family) {
  Indexes indexes;
  ASSIGN_OR_RETURN(indexes.bans, ipset_.Index(SetName(jail, kBans, family)));
  ASSIGN_OR_RETURN(indexes.allowed,
                   ipset_.Index(SetName(jail, kAllowed, family)));
  return indexes;
}

absl::StatusOr<JailSets::Inventory> JailSets::Count(absl::string_view jail) {
  Inventory inventory = {.complete = true};
  for (const Family family : kFamilies) {
    for (const absl::string_view part : {kBans, kAllowed, kTwin}) {
      const std::string name = SetName(jail, part, family);
      absl::StatusOr<IpsetHeader> header = ipset_.Header(name);
      if (absl::IsNotFound(header.status())) {
        if (part != kTwin) inventory.complete = false;
        continue;
      }
      if (!header.ok()) return header.status();
      if (part == kBans) inventory.ban_count += header->element_count;
      if (part == kTwin || !Serves(*header, HeaderFor(name, family))) {
        inventory.complete = false;
      }
    }
  }
  return inventory;
}

absl::StatusOr<JailSets::Survey> JailSets::LookOver() {
  ASSIGN_OR_RETURN(std::vector<IpsetHeader> sets, ipset_.Headers());
  Survey survey;
  for (IpsetHeader& set : sets) {
    const std::optional<std::string> jail = JailOf(set.name);
    if (!jail.has_value()) continue;
    if (set.name == SetName(*jail, kBans, set.family)) {
      survey.bans[*jail] += std::exchange(set.element_count, 0);
    } else {
      ASSIGN_OR_RETURN(const std::vector<IpsetElement> elements,
                       ElementsIfAny(set.name));
      survey.allowed.insert(survey.allowed.end(), elements.begin(),
                            elements.end());
    }
    survey.sets.push_back(std::move(set));
  }
  return survey;
}

absl::StatusOr<std::vector<IpNetwork>> JailSets::Allowed(
    absl::string_view jail) {
  std::vector<IpNetwork> allowed;
  for (const Family family : kFamilies) {
    ASSIGN_OR_RETURN(const std::vector<IpsetElement> elements,
                     ElementsIfAny(SetName(jail, kAllowed, family)));
    for (const IpsetElement& element : elements) {
      allowed.push_back(element.network);
    }
  }
  SortAndMergeHalves(allowed);
  return allowed;
}

absl::StatusOr<std::vector<IpsetElement>> JailSets::Bans(
    absl::string_view jail) {
  std::vector<IpsetElement> bans;
  for (const Family family : kFamilies) {
    ASSIGN_OR_RETURN(std::vector<IpsetElement> elements,
                     ElementsIfAny(SetName(jail, kBans, family)));
    bans.insert(bans.end(), elements.begin(), elements.end());
  }
  return bans;
}

IpsetHeader JailSets::HeaderFor(std::string name, Family family) const {
  return {.name = std::move(name),
          .type = std::string(kType),
          .family = family,
          .has_timeout = true,
          .max_elements = capacity_.initial};
}

bool JailSets::Serves(const IpsetHeader& standing,
                      const IpsetHeader& wanted) const {
  IpsetHeader grown = wanted;
  grown.max_elements =
      std::clamp(standing.max_elements, capacity_.initial, capacity_.ceiling);
  grown.element_count = standing.element_count;
  grown.index = standing.index;
  return standing == grown;
}

absl::Status JailSets::EnsureSet(const IpsetHeader& wanted,
                                 const std::string& twin) {
  const absl::Status created = ipset_.Create(wanted);
  if (!absl::IsAlreadyExists(created)) return created;
  ASSIGN_OR_RETURN(const IpsetHeader standing, ipset_.Header(wanted.name));
  if (Serves(standing, wanted)) return absl::OkStatus();
  return Replace(wanted, twin);
}

// A set that a rule names cannot be destroyed, but it can be swapped.
absl::Status JailSets::Replace(const IpsetHeader& wanted,
                               const std::string& twin) {
  ASSIGN_OR_RETURN(std::vector<IpsetElement> elements,
                   ipset_.Elements(wanted.name));
  for (IpsetElement& element : elements) {
    // The kernel says whole seconds, rounded down; no ban may end early.
    if (element.timeout != 0 && element.timeout < kMaxIpsetTimeout) {
      ++element.timeout;
    }
  }
  IpsetHeader header = wanted;
  header.name = twin;
  RETURN_IF_ERROR(ipset_.Destroy(twin));  // Of somebody who was killed.
  RETURN_IF_ERROR(ipset_.Create(header));
  absl::Status status = ipset_.Add(twin, elements);
  if (status.ok()) status = ipset_.Swap(wanted.name, twin);
  status.Update(ipset_.Destroy(twin));
  return status;
}

absl::Status JailSets::AddBans(absl::string_view jail, Family family,
                               absl::Span<const IpsetElement> bans) {
  const std::string set = BanSet(jail, family);
  const absl::Status added = ipset_.Add(set, bans);
  if (!absl::IsResourceExhausted(added)) return added;
  ASSIGN_OR_RETURN(IpsetHeader header, ipset_.Header(set));
  const uint64_t room = std::max<uint64_t>(2ull * header.max_elements,
                                           header.element_count + bans.size());
  if (header.max_elements >= capacity_.ceiling) return added;
  header.max_elements =
      static_cast<uint32_t>(std::min<uint64_t>(room, capacity_.ceiling));
  RETURN_IF_ERROR(Replace(header, SetName(jail, kTwin, family)));
  return ipset_.Add(set, bans);
}

absl::Status JailSets::SyncAllowed(const JailRules& rules, Family family) {
  const std::string set = SetName(rules.name, kAllowed, family);
  std::vector<IpNetwork> allowed;
  for (const IpNetwork& network : rules.allowed) {
    if (FamilyOf(network) == family) AppendKernelForm(network, allowed);
  }
  std::vector<IpsetElement> wanted;
  for (const IpNetwork& network : allowed) wanted.push_back({network});
  const absl::flat_hash_set<IpNetwork> keep(allowed.begin(), allowed.end());
  ASSIGN_OR_RETURN(const std::vector<IpsetElement> standing,
                   ipset_.Elements(set));
  std::vector<IpsetElement> unwanted;
  for (const IpsetElement& element : standing) {
    if (!keep.contains(element.network)) unwanted.push_back(element);
  }
  RETURN_IF_ERROR(ipset_.Add(set, wanted));
  return ipset_.Delete(set, unwanted);
}

absl::StatusOr<std::vector<IpsetElement>> JailSets::ElementsIfAny(
    const std::string& set) {
  absl::StatusOr<std::vector<IpsetElement>> elements = ipset_.Elements(set);
  if (absl::IsNotFound(elements.status())) return std::vector<IpsetElement>();
  return elements;
}

}  // namespace mxban
