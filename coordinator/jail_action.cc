#include "coordinator/jail_action.h"

#include <iterator>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "coordinator/port_list.h"
#include "filter/option_list.h"

namespace mxban {
namespace {

// Close the ports they are given.
constexpr absl::string_view kPortActions[] = {
    "iptables",
    "iptables-multiport",
    "iptables-multiport-log",
    "iptables-new",
    "iptables-ipset",
    "iptables-ipset-proto4",
    "iptables-ipset-proto6",
    "nftables",
    "nftables-multiport",
};

// Tell somebody about a ban.
constexpr absl::string_view kReports[] = {
    "abuseipdb", "badips",        "blocklist_de",      "complain",
    "dshield",   "dummy",         "helpers-common",    "mail",
    "sendmail",  "mynetwatchman", "xarf-login-attack",
};
constexpr absl::string_view kReportPrefixes[] = {"mail-", "sendmail-"};

// Options of firewall actions that change nothing here.
constexpr absl::string_view kNeedless[] = {
    "actname", "actionstart_on_demand", "returntype", "lockingopt", "bantime",
};

absl::Status Refusal(const OptionItem& action, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("action ", action.name, ": ", what));
}

bool IsReport(absl::string_view name) {
  return absl::c_linear_search(kReports, name) ||
         absl::c_any_of(kReportPrefixes, [&](absl::string_view prefix) {
           return absl::StartsWith(name, prefix);
         });
}

// The words of `text`, blanks and case aside.
std::string Normalized(absl::string_view text) {
  const std::vector<std::string> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  return absl::AsciiStrToLower(absl::StrJoin(words, " "));
}

std::optional<Rejection> RejectionOf(absl::string_view blocktype) {
  const std::string text = Normalized(blocktype);
  if (text == "drop") return Rejection::kDrop;
  if (text == "reject" || text == "reject --reject-with tcp-reset" ||
      text == "reject with tcp reset") {
    return Rejection::kTcpReset;
  }
  if (text == "reject --reject-with icmp-port-unreachable" ||
      text == "reject --reject-with icmp6-port-unreachable") {
    return Rejection::kIcmpPortUnreachable;
  }
  return std::nullopt;
}

// A chain is named after it, so it may not break a command or a log line.
bool IsName(absl::string_view name) {
  return !name.empty() && absl::c_all_of(name, [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-_.+@:", c);
  });
}

// Reads one firewall action.
class FirewallAction {
 public:
  FirewallAction(const OptionItem& action, absl::string_view jail_name,
                 absl::string_view jail_port)
      : action_(action), jail_port_(jail_port) {
    reading_.enforcement.name = std::string(jail_name);
  }

  absl::StatusOr<ActionReading> Read() {
    for (const auto& [key, value] : action_.options) {
      RETURN_IF_ERROR(ReadOption(key, value));
    }
    if (!IsName(reading_.enforcement.name)) {
      return Refusal(action_, absl::StrCat("name '", reading_.enforcement.name,
                                           "' cannot name a chain"));
    }
    if (reading_.enforcement.ports.empty()) {
      if (jail_port_.empty()) return Refusal(action_, "names no port");
      Note(absl::StrCat("names no port; closes the jail's, ", jail_port_));
      RETURN_IF_ERROR(ReadPorts(jail_port_));
    }
    return std::move(reading_);
  }

 private:
  void Note(absl::string_view what) {
    reading_.notes.push_back(absl::StrCat("action ", action_.name, ": ", what));
  }

  absl::Status Unsupported(absl::string_view key, absl::string_view value) {
    return Refusal(action_,
                   absl::StrCat(key, " = '", value, "' is not supported yet"));
  }

  absl::Status ReadPorts(absl::string_view text) {
    auto ports = ParsePortList(text);
    if (!ports.ok()) return Refusal(action_, ports.status().message());
    reading_.enforcement.ports = *std::move(ports);
    return absl::OkStatus();
  }

  absl::Status ReadOption(absl::string_view key, absl::string_view value) {
    if (key == "port") return ReadPorts(value);
    if (key == "name") {
      reading_.enforcement.name = std::string(value);
    } else if (key == "protocol") {
      if (Normalized(value) != "tcp") return Unsupported(key, value);
    } else if (key == "chain") {
      // `<known/chain>` is how stock jails say: the default.
      if (value != "INPUT" && value != "<known/chain>") {
        return Unsupported(key, value);
      }
    } else if (key == "type") {
      if (value != "multiport" && value != "oneport") {
        return Unsupported(key, value);
      }
    } else if (key == "blocktype" || absl::StartsWith(key, "blocktype?")) {
      return ReadBlockType(key, value);
    } else if (absl::c_linear_search(kNeedless, key)) {
      Note(absl::StrCat(key, " is not honoured: mxban needs none"));
    } else {
      return Refusal(action_, absl::StrCat("unknown option '", key, "'"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadBlockType(absl::string_view key, absl::string_view value) {
    const std::optional<Rejection> rejection = RejectionOf(value);
    if (!rejection) return Unsupported(key, value);
    if (key == "blocktype") {
      reading_.enforcement.rejection = *rejection;
      return absl::OkStatus();
    }
    // Behind `blocktype` in the map's order.
    if (*rejection == reading_.enforcement.rejection) return absl::OkStatus();
    return Refusal(action_, "blocktype must be the same for IPv4 and IPv6");
  }

  const OptionItem& action_;
  const absl::string_view jail_port_;
  ActionReading reading_;
};

}  // namespace

absl::StatusOr<ActionReading> ReadActions(absl::string_view actions,
                                          absl::string_view jail_name,
                                          absl::string_view jail_port) {
  ASSIGN_OR_RETURN(const std::vector<OptionItem> items,
                   ParseOptionList(actions));
  std::optional<ActionReading> firewall;
  std::vector<std::string> notes;
  for (const OptionItem& item : items) {
    if (IsReport(item.name)) {
      notes.push_back(absl::StrCat("action ", item.name,
                                   " is left out: mxban sends no reports"));
      continue;
    }
    if (!absl::c_linear_search(kPortActions, item.name)) {
      return Refusal(item, absl::StrCat("is not supported; known are ",
                                        absl::StrJoin(kPortActions, ", ")));
    }
    if (firewall) return Refusal(item, "a jail can close ports only once");
    ASSIGN_OR_RETURN(firewall,
                     FirewallAction(item, jail_name, jail_port).Read());
  }
  if (!firewall) {
    return absl::InvalidArgumentError("no action closes any port");
  }
  absl::c_move(notes, std::back_inserter(firewall->notes));
  return *std::move(firewall);
}

}  // namespace mxban
