#include "coordinator/jail_option.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "coordinator/similar_name.h"

namespace mxban {
namespace {

// Those that must not be mistyped: the honoured ones first.
constexpr absl::string_view kHonoured[] = {
    "action",
    "backend",
    "banaction",
    "bantime",
    "bantime.factor",
    "bantime.formula",
    "bantime.increment",
    "bantime.maxtime",
    "bantime.multipliers",
    "bantime.overalljails",
    "bantime.rndtime",
    "chain",
    "datepattern",
    "dryrun",
    "enabled",
    "failregex",
    "filter",
    "findtime",
    "goodtime",
    "ignoreip",
    "ignoreregex",
    "ignoreself",
    "ipv6prefix",
    "journalmatch",
    "logencoding",
    "logpath",
    "logtimezone",
    "maxbanrate",
    "maxgoodshare",
    "maxlines",
    "maxretry",
    "minservers",
    "port",
    "prefregex",
    "protocol",
    "successregex",
    "usedns",
};

constexpr absl::string_view kOffOnly[] = {
    "ignorecommand",
};

constexpr absl::string_view kVariables[] = {
    "action_", "banaction_allports", "blocktype", "default_backend", "mode",
    "name",    "returntype",         "tcpport",   "udpport",
};
constexpr absl::string_view kVariablePrefixes[] = {"action_", "syslog_"};
constexpr absl::string_view kVariableSuffixes[] = {"_log", "_backend"};

struct Needless {
  absl::string_view option;
  absl::string_view why;
};
constexpr Needless kNeedless[] = {
    {"destemail", "mxban sends no mail"},
    {"fail2ban_agent", "mxban reports to nobody"},
    {"ignorecache", "there is no ignorecommand whose answers it could keep"},
    {"maxmatches", "a ban keeps its ten newest lines"},
    {"mta", "mxban sends no mail"},
    {"sender", "mxban sends no mail"},
    {"sendername", "mxban sends no mail"},
    {"skip_if_nologs", "agents wait for logs that are not there"},
    {"systemd_if_nologs", "backend = systemd says that the journal is read"},
};

bool IsVariable(absl::string_view option) {
  return absl::c_linear_search(kVariables, option) ||
         absl::c_any_of(kVariablePrefixes,
                        [&](absl::string_view prefix) {
                          return absl::StartsWith(option, prefix);
                        }) ||
         absl::c_any_of(kVariableSuffixes, [&](absl::string_view suffix) {
           return absl::EndsWith(option, suffix);
         });
}

}  // namespace

OptionUse UseOf(absl::string_view option) {
  if (absl::c_linear_search(kHonoured, option)) return OptionUse::kHonoured;
  if (absl::c_linear_search(kOffOnly, option)) return OptionUse::kOffOnly;
  if (!WhyNeedless(option).empty()) return OptionUse::kNeedless;
  if (IsVariable(option)) return OptionUse::kVariable;
  return OptionUse::kUnknown;
}

absl::string_view WhyNeedless(absl::string_view option) {
  for (const Needless& needless : kNeedless) {
    if (needless.option == option) return needless.why;
  }
  return "";
}

std::optional<absl::string_view> SimilarOption(absl::string_view option) {
  const auto similar = SimilarName(option, kHonoured);
  return similar ? similar : SimilarName(option, kOffOnly);
}

}  // namespace mxban
