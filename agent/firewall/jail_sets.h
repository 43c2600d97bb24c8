#ifndef MXBAN_AGENT_FIREWALL_JAIL_SETS_H_
#define MXBAN_AGENT_FIREWALL_JAIL_SETS_H_

// The sets of the jails: for each jail and family `mxban-<jail>-4` holds whom
// it refuses, `mxban-<jail>-a4` whom it never refuses (and -6, -a6).
//
// A rule knows a set by number and keeps it from being destroyed, so sets are
// prepared before the chain that names them, and dropped after it.
//
// Thread-compatible.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "agent/firewall/family.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/ipset_netlink.h"

namespace mxban {

class JailSets {
 public:
  inline static constexpr std::array<Family, 2> kFamilies = {Family::kIpv4,
                                                             Family::kIpv6};

  // The numbers of one jail's sets in one family.
  struct Indexes {
    uint16_t bans = 0;
    uint16_t allowed = 0;
  };

  // How many elements a new set may hold, and up to which number it is grown
  // once it is full. Room that is not used costs nothing.
  struct Capacity {
    uint32_t initial = 1u << 20;
    uint32_t ceiling = 1u << 24;
  };

  // `ipset` must outlive this.
  JailSets(IpsetNetlink& ipset, const Capacity& capacity)
      : ipset_(ipset), capacity_(capacity) {}

  static std::string BanSet(absl::string_view jail, Family family);

  // Makes the jail's sets be there as they should: those that are otherwise
  // are replaced with their content, in one step each. Allowed networks are
  // added before others go. Bans stay as they are.
  absl::Status Prepare(const JailRules& rules);

  // Adds bans, or sets their ends anew; grows the set when it is full.
  // RESOURCE_EXHAUSTED at the ceiling; those that fit are in force.
  absl::Status AddBans(absl::string_view jail, Family family,
                       absl::Span<const IpsetElement> bans);

  // Destroys the jail's sets, which no rule may name any more.
  absl::Status Drop(absl::string_view jail);

  // Destroys every set with our prefix.
  absl::Status DropAll();

  // The jails of which any set is left.
  absl::StatusOr<std::set<std::string>> Jails();

  // NOT_FOUND if one is missing.
  absl::StatusOr<Indexes> IndexesOf(absl::string_view jail, Family family);

  // Whether the jail has all its sets, of the right kind, and no others; and
  // how many sources it refuses, whether or not.
  struct Inventory {
    bool complete = false;
    size_t ban_count = 0;
  };
  absl::StatusOr<Inventory> Count(absl::string_view jail);

  // All that can be said of our sets but who is banned. Equal surveys: nobody
  // has changed anything else.
  struct Survey {
    std::vector<IpsetHeader> sets;       // Of ban sets without their counts.
    std::vector<IpsetElement> allowed;   // Set after set.
    std::map<std::string, size_t> bans;  // How many each jail refuses.

    bool IsLike(const Survey& other) const {
      return sets == other.sets && allowed == other.allowed;
    }
  };
  absl::StatusOr<Survey> LookOver();

  // Sorted; nothing for a set that is missing.
  absl::StatusOr<std::vector<IpNetwork>> Allowed(absl::string_view jail);
  absl::StatusOr<std::vector<IpsetElement>> Bans(absl::string_view jail);

 private:
  IpsetHeader HeaderFor(std::string name, Family family) const;
  // Whether a standing set will do where HeaderFor() was wanted.
  bool Serves(const IpsetHeader& standing, const IpsetHeader& wanted) const;
  absl::Status EnsureSet(const IpsetHeader& wanted, const std::string& twin);
  absl::Status Replace(const IpsetHeader& wanted, const std::string& twin);
  absl::Status SyncAllowed(const JailRules& rules, Family family);
  absl::StatusOr<std::vector<IpsetElement>> ElementsIfAny(
      const std::string& set);

  IpsetNetlink& ipset_;
  const Capacity capacity_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_JAIL_SETS_H_
