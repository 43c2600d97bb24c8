#include "agent/firewall/iptables_table.h"

#include <libiptc/libiptc.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/rule_codec.h"
#include "agent/firewall/rule_difference.h"
#include "common/errno_text.h"
#include "common/status_macros.h"

// Unlike its sibling, this header of 1.8.9 forgets that C++ exists.
extern "C" {
#include <libiptc/libip6tc.h>
}

namespace mxban {
namespace {

constexpr char kTable[] = "filter";
constexpr char kInput[] = "INPUT";
constexpr int kCommitAttempts = 4;

struct Ipv4Calls {
  using Entry = ipt_entry;
  static constexpr Family kFamily = Family::kIpv4;
  static constexpr absl::string_view kName = "iptables";
  static constexpr auto kInit = &iptc_init;
  static constexpr auto kFree = &iptc_free;
  static constexpr auto kFirstChain = &iptc_first_chain;
  static constexpr auto kNextChain = &iptc_next_chain;
  static constexpr auto kFirstRule = &iptc_first_rule;
  static constexpr auto kNextRule = &iptc_next_rule;
  static constexpr auto kTarget = &iptc_get_target;
  static constexpr auto kInsert = &iptc_insert_entry;
  static constexpr auto kDelete = &iptc_delete_num_entry;
  static constexpr auto kCreateChain = &iptc_create_chain;
  static constexpr auto kFlushChain = &iptc_flush_entries;
  static constexpr auto kDeleteChain = &iptc_delete_chain;
  static constexpr auto kCommit = &iptc_commit;
};

struct Ipv6Calls {
  using Entry = ip6t_entry;
  static constexpr Family kFamily = Family::kIpv6;
  static constexpr absl::string_view kName = "ip6tables";
  static constexpr auto kInit = &ip6tc_init;
  static constexpr auto kFree = &ip6tc_free;
  static constexpr auto kFirstChain = &ip6tc_first_chain;
  static constexpr auto kNextChain = &ip6tc_next_chain;
  static constexpr auto kFirstRule = &ip6tc_first_rule;
  static constexpr auto kNextRule = &ip6tc_next_rule;
  static constexpr auto kTarget = &ip6tc_get_target;
  static constexpr auto kInsert = &ip6tc_insert_entry;
  static constexpr auto kDelete = &ip6tc_delete_num_entry;
  static constexpr auto kCreateChain = &ip6tc_create_chain;
  static constexpr auto kFlushChain = &ip6tc_flush_entries;
  static constexpr auto kDeleteChain = &ip6tc_delete_chain;
  static constexpr auto kCommit = &ip6tc_commit;
};

std::string Reason(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "not permitted; it takes CAP_NET_ADMIN and CAP_NET_RAW";
    case ENOPROTOOPT:
      return "this kernel has no legacy tables";
    case EAGAIN:
      return "the table keeps changing; somebody ignores the xtables lock";
    default:
      return ErrnoText(error);
  }
}

absl::Status TableError(absl::string_view table, absl::string_view action,
                        int error) {
  const std::string message =
      absl::StrCat(table, ": cannot ", action, ": ", Reason(error));
  switch (error) {
    case EPERM:
    case EACCES:
      return absl::PermissionDeniedError(message);
    case ENOPROTOOPT:
      return absl::UnimplementedError(message);
    case EAGAIN:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

// A private copy of one table, until Commit().
template <typename Calls>
class Table {
 public:
  static absl::StatusOr<Table> Open() {
    if (xtc_handle* handle = Calls::kInit(kTable)) return Table(handle);
    if (errno == ENOENT) {
      return absl::UnimplementedError(
          absl::StrCat(Calls::kName, ": this kernel has no filter table"));
    }
    return TableError(Calls::kName, "read the filter table", errno);
  }

  Table(Table&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  Table& operator=(Table&&) = delete;
  ~Table() {
    if (handle_ != nullptr) Calls::kFree(handle_);
  }

  OwnedRules Read() {
    OwnedRules owned;
    for (const char* chain = Calls::kFirstChain(handle_); chain != nullptr;
         chain = Calls::kNextChain(handle_)) {
      if (IsOwnChain(chain)) owned.chains[chain];
    }
    for (auto& [chain, rules] : owned.chains) {
      ForEachRule(chain, [&](size_t, const Entry& entry) {
        rules.push_back(Decode(entry));
      });
    }
    ForEachRule(kInput, [&](size_t position, const Entry& entry) {
      if (!IsOwnJump(entry)) return;
      if (position == owned.leading_jumps) ++owned.leading_jumps;
      owned.jumps.push_back(Decode(entry));
    });
    return owned;
  }

  // Makes our part `wanted`, from `present`, which Read() returned. Appends the
  // chains that could not go to `kept`.
  absl::Status Write(const OwnedRules& present, const OwnedRules& wanted,
                     std::vector<std::string>& kept) {
    static const std::vector<TableRule> kNone;
    for (const auto& [chain, rules] : wanted.chains) {
      if (present.chains.contains(chain)) continue;
      RETURN_IF_ERROR(
          Done(Calls::kCreateChain(chain.c_str(), handle_), "create", chain));
    }
    RETURN_IF_ERROR(WriteJumps(present, wanted));
    for (const auto& [chain, rules] : wanted.chains) {
      const auto standing = present.chains.find(chain);
      RETURN_IF_ERROR(WriteChain(
          chain, standing == present.chains.end() ? kNone : standing->second,
          rules));
    }
    for (const auto& [chain, rules] : present.chains) {
      if (wanted.chains.contains(chain)) continue;
      RETURN_IF_ERROR(DeleteChain(chain, kept));
    }
    return absl::OkStatus();
  }

  // Returns 0 or an errno. Even then the table may be in force.
  int Commit() { return Calls::kCommit(handle_) ? 0 : errno; }

 private:
  using Entry = typename Calls::Entry;

  explicit Table(xtc_handle* handle) : handle_(handle) {}

  template <typename Visit>
  void ForEachRule(const std::string& chain, Visit visit) {
    size_t position = 0;
    for (const Entry* entry = Calls::kFirstRule(chain.c_str(), handle_);
         entry != nullptr; entry = Calls::kNextRule(entry, handle_)) {
      visit(position++, *entry);
    }
  }

  bool IsOwnJump(const Entry& entry) {
    return IsOwnChain(Calls::kTarget(&entry, handle_));
  }

  TableRule Decode(const Entry& entry) {
    return DecodeRule(Calls::kFamily,
                      absl::string_view(reinterpret_cast<const char*>(&entry),
                                        entry.next_offset),
                      Calls::kTarget(&entry, handle_));
  }

  static absl::Status Done(int result, absl::string_view action,
                           absl::string_view chain) {
    if (result != 0) return absl::OkStatus();
    return TableError(Calls::kName, absl::StrCat(action, " ", chain), errno);
  }

  absl::Status WriteJumps(const OwnedRules& present, const OwnedRules& wanted) {
    std::vector<size_t> strays;
    ForEachRule(kInput, [&](size_t position, const Entry& entry) {
      if (position >= present.leading_jumps && IsOwnJump(entry)) {
        strays.push_back(position);
      }
    });
    for (auto stray = strays.rbegin(); stray != strays.rend(); ++stray) {
      RETURN_IF_ERROR(
          Done(Calls::kDelete(kInput, *stray, handle_), "change", kInput));
    }
    return WriteChain(
        kInput, absl::MakeConstSpan(present.jumps).first(present.leading_jumps),
        wanted.jumps);
  }

  absl::Status WriteChain(const std::string& chain,
                          absl::Span<const TableRule> present,
                          absl::Span<const TableRule> wanted) {
    for (const RuleEdit& edit : RuleDifference(present, wanted)) {
      int result;
      if (edit.insert == nullptr) {
        result = Calls::kDelete(chain.c_str(), edit.position, handle_);
      } else {
        const std::string entry = EncodeRule(Calls::kFamily, *edit.insert);
        result = Calls::kInsert(chain.c_str(),
                                reinterpret_cast<const Entry*>(entry.data()),
                                edit.position, handle_);
      }
      RETURN_IF_ERROR(Done(result, "change", chain));
    }
    return absl::OkStatus();
  }

  absl::Status DeleteChain(const std::string& chain,
                           std::vector<std::string>& kept) {
    RETURN_IF_ERROR(
        Done(Calls::kFlushChain(chain.c_str(), handle_), "empty", chain));
    if (Calls::kDeleteChain(chain.c_str(), handle_)) return absl::OkStatus();
    if (errno != EMLINK) return Done(0, "delete", chain);
    kept.push_back(chain);
    return absl::OkStatus();
  }

  xtc_handle* handle_;
};

// Tries once. ABORTED if the commit failed: how far it got is then unknown.
template <typename Calls>
absl::Status Attempt(absl::FunctionRef<void(OwnedRules&)> edit, int& error) {
  absl::StatusOr<Table<Calls>> table = Table<Calls>::Open();
  if (!table.ok()) return table.status();
  const OwnedRules present = table->Read();
  OwnedRules wanted = present;
  edit(wanted);
  wanted.leading_jumps = wanted.jumps.size();
  if (wanted == present) return absl::OkStatus();
  std::vector<std::string> kept;
  RETURN_IF_ERROR(table->Write(present, wanted, kept));
  error = table->Commit();
  if (error != 0) return absl::AbortedError("commit failed");
  if (kept.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(Calls::kName, ": other rules still lead to ", kept.front()));
}

template <typename Calls>
absl::Status Change(absl::FunctionRef<void(OwnedRules&)> edit) {
  int error = 0;
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    const absl::Status status = Attempt<Calls>(edit, error);
    if (!absl::IsAborted(status)) return status;
  }
  return TableError(Calls::kName, "commit the filter table", error);
}

template <typename Calls>
absl::StatusOr<OwnedRules> Read() {
  absl::StatusOr<Table<Calls>> table = Table<Calls>::Open();
  if (!table.ok()) return table.status();
  return table->Read();
}

}  // namespace

absl::StatusOr<OwnedRules> ReadTable(Family family) {
  return family == Family::kIpv4 ? Read<Ipv4Calls>() : Read<Ipv6Calls>();
}

absl::Status ChangeTable(Family family, const XtablesLock& /*lock*/,
                         absl::FunctionRef<void(OwnedRules&)> edit) {
  return family == Family::kIpv4 ? Change<Ipv4Calls>(edit)
                                 : Change<Ipv6Calls>(edit);
}

}  // namespace mxban
