#include "coordinator/firewall_action.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "coordinator/action_file.h"
#include "coordinator/port_list.h"
#include "coordinator/similar_name.h"

namespace mxban {
namespace {

// Of the kernel that mxban works on; others are mapped with a note.
constexpr absl::string_view kOwnFirewalls[] = {"iptables", "nftables"};

constexpr absl::string_view kPortActions[] = {
    "bsd-ipfw",
    "firewallcmd-ipset",
    "firewallcmd-multiport",
    "firewallcmd-new",
    "firewallcmd-rich-logging",
    "firewallcmd-rich-rules",
    "ipfw",
    "iptables",
    "iptables-ipset",
    "iptables-ipset-proto4",
    "iptables-ipset-proto6",
    "iptables-multiport",
    "iptables-multiport-log",
    "iptables-new",
    "nftables",
    "nftables-multiport",
    "pf",
};

constexpr absl::string_view kAllPortActions[] = {
    "apf",
    "firewallcmd-allports",
    "hostsdeny",
    "ipfilter",
    "iptables-allports",
    "iptables-ipset-proto6-allports",
    "nftables-allports",
    "npf",
    "route",
    "shorewall",
    "shorewall-ipset-proto6",
    "symbiosis-blacklist-allports",
    "ufw",
};

constexpr absl::string_view kReports[] = {
    "abuseipdb", "apprise",  "badips",         "blocklist_de",
    "complain",  "dshield",  "dummy",          "ipthreat",
    "mail",      "sendmail", "mynetwatchman",  "smtp.py",
    "whois",     "xarf",     "helpers-common", "mail-buffered",
};
constexpr absl::string_view kReportPrefixes[] = {"mail-", "sendmail-", "xarf-",
                                                 "whois-"};

constexpr absl::string_view kElsewhere[] = {
    "cloudflare", "cloudflare-token", "netscaler", "nginx-block-map",
    "nsupdate",   "osx-afctl",        "osx-ipfw",
};

constexpr absl::string_view kUnderstood[] = {
    "actiontype", "blocktype", "chain",      "name",
    "port",       "protocol",  "returntype", "type",
};

// Change nothing here.
constexpr absl::string_view kNeedless[] = {
    "actionstart_on_demand",
    "actionrepair_on_unban",
    "actname",
    "bantime",
    "default-ipsettime",
    "ipsettime",
    "lockingopt",
    "timeout-bantime",
};

// Say which traffic is closed, and so would close less.
constexpr absl::string_view kNarrowing[] = {
    "actionban",   "actionunban",       "application", "chain_hook",
    "destination", "rule_match-custom", "rule_stat",
};

absl::Status Refusal(absl::string_view action, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("action ", action, ": ", what));
}

// The words of `text`, blanks and case aside.
std::string Normalized(absl::string_view text) {
  const std::vector<std::string> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  return absl::AsciiStrToLower(absl::StrJoin(words, " "));
}

std::vector<std::string> ListOf(absl::string_view text) {
  return absl::StrSplit(absl::AsciiStrToLower(text), absl::ByAnyChar(", \t\n"),
                        absl::SkipEmpty());
}

std::optional<Rejection> RejectionOf(absl::string_view blocktype) {
  const std::string text = Normalized(blocktype);
  if (text == "drop" || text == "deny" || text == "blackhole") {
    return Rejection::kDrop;
  }
  if (text == "reject" || text == "reject --reject-with tcp-reset" ||
      text == "reject with tcp reset") {
    return Rejection::kTcpReset;
  }
  for (const absl::string_view icmp :
       {"reject --reject-with icmp-port-unreachable",
        "reject --reject-with icmp6-port-unreachable",
        "reject with icmp port-unreachable",
        "reject with icmpx port-unreachable",
        "reject with icmp type port-unreachable",
        "reject with icmpx type port-unreachable",
        "reject type='icmp-port-unreachable'", "unreach port", "unreachable"}) {
    if (text == icmp) return Rejection::kIcmpPortUnreachable;
  }
  return std::nullopt;
}

// A chain is named after it, so it may not break a command or a log line.
bool IsName(absl::string_view name) {
  return !name.empty() && absl::c_all_of(name, [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-_.+@:", c);
  });
}

class Reader {
 public:
  Reader(const OptionItem& action, const ActionContext& context)
      : action_(action), context_(context) {
    enforcement_.name = context.jail_name;
    closes_all_ = KindOfAction(action.name) == ActionKind::kAllPorts;
  }

  absl::StatusOr<FirewallReading> Read() {
    ASSIGN_OR_RETURN(ActionFile file,
                     ReadActionFile(context_.action_dir, action_.name));
    for (std::string& note : file.notes) notes_.push_back(std::move(note));
    std::map<std::string, std::string, std::less<>> options = action_.options;
    // `<known/KEY>` is how stock jails say: as the action itself has it.
    std::erase_if(options, [](const auto& option) {
      return option.second == absl::StrCat("<known/", option.first, ">");
    });
    options.merge(file.options);  // Brackets win.
    for (const auto& [key, value] : options) {
      RETURN_IF_ERROR(ReadOption(key, value));
    }
    if (!closes_tcp_) return FirewallReading{std::nullopt, std::move(notes_)};
    if (!IsName(enforcement_.name)) {
      return Refuse(
          absl::StrCat("name '", enforcement_.name, "' cannot name a chain"));
    }
    RETURN_IF_ERROR(ReadPorts());
    NoteTheFirewall();
    return FirewallReading{std::move(enforcement_), std::move(notes_)};
  }

 private:
  absl::Status Refuse(absl::string_view what) const {
    return Refusal(action_.name, what);
  }

  absl::Status RefuseOption(absl::string_view key, absl::string_view value,
                            absl::string_view why) const {
    return Refuse(absl::StrCat(key, " = '", value, "': ", why));
  }

  void Note(absl::string_view what) {
    notes_.push_back(absl::StrCat("action ", action_.name, ": ", what));
  }

  absl::Status ReadOption(absl::string_view key, absl::string_view value) {
    if (key == "port") {
      ports_ = std::string(value);
    } else if (key == "name") {
      enforcement_.name = std::string(value);
    } else if (key == "protocol") {
      ReadProtocol(value);
    } else if (key == "chain") {
      return CheckChain(value);
    } else if (key == "type" || key == "actiontype") {
      return ReadType(key, value);
    } else if (key == "returntype") {
      return CheckReturnType(value);
    } else if (key == "blocktype" || absl::StartsWith(key, "blocktype?")) {
      return ReadBlockType(key, value);
    } else {
      return ReadOther(key, value);
    }
    return absl::OkStatus();
  }

  void ReadProtocol(absl::string_view value) {
    const std::vector<std::string> protocols = ListOf(value);
    closes_tcp_ = absl::c_any_of(protocols, [](absl::string_view protocol) {
      return protocol == "tcp" || protocol == "all" || protocol == "any";
    });
    if (!closes_tcp_) {
      Note(absl::StrCat("is left out, for protocol = ", value,
                        ": mxban closes TCP ports only"));
    } else if (protocols.size() > 1 || protocols[0] != "tcp") {
      Note(absl::StrCat("protocol = ", value, ": only TCP is closed"));
    }
  }

  absl::Status CheckChain(absl::string_view value) const {
    if (absl::StartsWith(action_.name, "nftables")) {
      return absl::OkStatus();  // What its own chain is called.
    }
    for (const std::string& chain : ListOf(value)) {
      if (chain == "input" || chain == "input_direct") continue;
      return RefuseOption("chain", value,
                          "mxban closes ports of the host itself, in INPUT, "
                          "and not those of hosts or containers behind it");
    }
    return absl::OkStatus();
  }

  absl::Status ReadType(absl::string_view key, absl::string_view value) {
    if (value == "allports" || value == "<allports>") {
      closes_all_ = true;
    } else if (value != "multiport" && value != "<multiport>" &&
               value != "oneport") {
      return RefuseOption(key, value, "is not understood");
    }
    return absl::OkStatus();
  }

  absl::Status CheckReturnType(absl::string_view value) const {
    if (absl::EqualsIgnoreCase(value, "RETURN")) return absl::OkStatus();
    return RefuseOption("returntype", value,
                        "who is not banned is left to the other rules");
  }

  absl::Status ReadBlockType(absl::string_view key, absl::string_view value) {
    const std::optional<Rejection> rejection = RejectionOf(value);
    if (!rejection) {
      return RefuseOption(key, value,
                          "mxban turns away by a TCP reset (REJECT), by ICMP "
                          "port unreachable, or without an answer (DROP)");
    }
    if (key == "blocktype") {
      enforcement_.rejection = *rejection;
      return absl::OkStatus();
    }
    // Behind `blocktype` in the map's order.
    if (*rejection == enforcement_.rejection) return absl::OkStatus();
    return Refuse("blocktype must be the same for IPv4 and IPv6");
  }

  absl::Status ReadOther(absl::string_view key, absl::string_view value) {
    const auto similar = SimilarName(key, kUnderstood);
    if (similar) {
      return Refuse(absl::StrCat("unknown option '", key, "'; did you mean ",
                                 *similar, "?"));
    }
    if (absl::c_linear_search(kNarrowing, key)) {
      const bool is_harmless = value.empty() || value == "any" ||
                               absl::EqualsIgnoreCase(value, "input");
      if (is_harmless) return absl::OkStatus();
      return RefuseOption(key, value,
                          "mxban closes ports to all traffic of a source and "
                          "runs no commands");
    }
    const bool is_needless = absl::c_linear_search(kNeedless, key);
    Note(absl::StrCat(key, is_needless ? " is not honoured: mxban needs none"
                                       : " is not known; ignored"));
    return absl::OkStatus();
  }

  absl::Status ReadPorts() {
    if (closes_all_) {
      enforcement_.ports = {kAllPorts};
      return absl::OkStatus();
    }
    if (ports_.empty()) {
      if (context_.jail_port.empty()) return Refuse("names no port");
      Note(absl::StrCat("names no port; closes the jail's, ",
                        context_.jail_port));
      ports_ = context_.jail_port;
    }
    auto ports = ParsePortList(ports_);
    if (!ports.ok()) return Refuse(ports.status().message());
    enforcement_.ports = *std::move(ports);
    return absl::OkStatus();
  }

  void NoteTheFirewall() {
    for (const absl::string_view own : kOwnFirewalls) {
      if (absl::StartsWith(action_.name, own)) return;
    }
    Note(absl::StrCat(closes_all_ ? "all TCP ports are" : "its ports are",
                      " closed in mxban's own chain"));
  }

  const OptionItem& action_;
  const ActionContext& context_;
  Enforcement enforcement_;
  std::string ports_;
  bool closes_all_ = false;
  bool closes_tcp_ = true;
  std::vector<std::string> notes_;
};

}  // namespace

ActionKind KindOfAction(absl::string_view name) {
  if (absl::c_linear_search(kPortActions, name)) return ActionKind::kPorts;
  if (absl::c_linear_search(kAllPortActions, name)) {
    return ActionKind::kAllPorts;
  }
  if (absl::c_linear_search(kElsewhere, name)) return ActionKind::kElsewhere;
  const bool is_report =
      absl::c_linear_search(kReports, name) ||
      absl::c_any_of(kReportPrefixes, [&](absl::string_view prefix) {
        return absl::StartsWith(name, prefix);
      });
  return is_report ? ActionKind::kReport : ActionKind::kUnknown;
}

absl::StatusOr<FirewallReading> ReadFirewallAction(
    const OptionItem& action, const ActionContext& context) {
  return Reader(action, context).Read();
}

}  // namespace mxban
