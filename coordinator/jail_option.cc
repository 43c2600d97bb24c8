#include "coordinator/jail_option.h"

#include <arpa/inet.h>

#include <bit>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "filter/duration.h"

namespace mxban {
namespace {

constexpr absl::string_view kHonoured[] = {
    "action",     "backend",      "banaction", "bantime",  "enabled",
    "failregex",  "filter",       "findtime",  "ignoreip", "ignoreregex",
    "ipv6prefix", "journalmatch", "logpath",   "maxlines", "maxretry",
    "port",       "prefregex",    "protocol",  "usedns",   "datepattern",
};

constexpr absl::string_view kNeedless[] = {
    "bantime.factor",
    "bantime.formula",
    "bantime.maxtime",
    "bantime.multipliers",
    "bantime.overalljails",
    "bantime.rndtime",
    "banaction_allports",
    "chain",
    "destemail",
    "fail2ban_agent",
    "ignorecache",
    "ignoreself",
    "logencoding",
    "maxmatches",
    "mode",
    "mta",
    "sender",
    "sendername",
    "skip_if_nologs",
    "systemd_if_nologs",
};

constexpr absl::string_view kOffOnly[] = {
    "bantime.increment", "dryrun",     "ignorecommand",
    "logtimezone",       "maxbanrate", "minservers",
};

absl::Status Malformed(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::Utf8SafeCHexEscape(text.substr(0, 80)), "' ", what));
}

// `192.0.2.0/255.255.255.0` in the form with a length.
absl::StatusOr<std::string> WithLength(absl::string_view text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  in_addr mask;
  if (inet_pton(AF_INET, parts.second.c_str(), &mask) != 1) {
    return std::string(text);
  }
  const uint32_t bits = ntohl(mask.s_addr);
  const int length = std::countl_one(bits);
  if (std::popcount(bits) != length) {
    return Malformed(text, "has a mask with holes");
  }
  return absl::StrCat(parts.first, "/", length);
}

absl::StatusOr<IpNetwork> ParseIgnored(absl::string_view word) {
  if (absl::StartsWith(word, "file:")) {
    return Malformed(word, "is not supported yet: list the networks here");
  }
  ASSIGN_OR_RETURN(const std::string text, WithLength(word));
  absl::StatusOr<IpNetwork> network = IpNetwork::Parse(text);
  if (network.ok()) return network;
  return Malformed(word,
                   "is no address or network; names are not supported "
                   "yet");
}

}  // namespace

OptionUse UseOf(absl::string_view option) {
  if (absl::c_linear_search(kHonoured, option)) return OptionUse::kHonoured;
  if (absl::c_linear_search(kNeedless, option)) return OptionUse::kNeedless;
  if (absl::c_linear_search(kOffOnly, option)) return OptionUse::kOffOnly;
  return OptionUse::kUnknown;
}

absl::StatusOr<bool> ParseBoolean(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(text);
  for (const absl::string_view yes : {"true", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const absl::string_view no : {"false", "no", "off", "0", ""}) {
    if (word == no) return false;
  }
  return Malformed(text, "is neither true nor false");
}

absl::StatusOr<uint32_t> ParseMaxRetry(absl::string_view text) {
  uint32_t number;
  if (!absl::SimpleAtoi(text, &number)) {
    return Malformed(text, "is not a number of failures");
  }
  return number == 0 ? 1 : number;
}

absl::StatusOr<absl::Duration> ParseFindTime(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(text));
  if (duration > absl::ZeroDuration()) return duration;
  return Malformed(text, "is not longer than nothing");
}

absl::StatusOr<absl::Duration> ParseBanTime(absl::string_view text) {
  ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(text));
  if (duration == absl::Seconds(-1)) return absl::InfiniteDuration();
  if (duration > absl::ZeroDuration()) return duration;
  return Malformed(text, "is neither -1, for ever, nor longer than nothing");
}

absl::StatusOr<int> ParseIpv6Prefix(absl::string_view text) {
  int length;
  if (absl::SimpleAtoi(text, &length) && length >= 48 && length <= 128) {
    return length;
  }
  return Malformed(text, "is no prefix length from 48 to 128");
}

absl::StatusOr<std::vector<IpNetwork>> ParseIgnoredNetworks(
    absl::string_view text) {
  std::vector<IpNetwork> networks;
  for (absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \t\n,"), absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(const IpNetwork network, ParseIgnored(word));
    networks.push_back(network);
  }
  return networks;
}

absl::StatusOr<LogPaths> ParseLogPaths(absl::string_view text) {
  LogPaths paths;
  for (absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    absl::string_view glob = line;
    if (absl::ConsumeSuffix(&glob, " head") ||
        absl::ConsumeSuffix(&glob, " tail")) {
      paths.with_position.push_back(std::string(line));
    }
    glob = absl::StripAsciiWhitespace(glob);
    if (!absl::StartsWith(glob, "/")) {
      return Malformed(line, "is no absolute path");
    }
    paths.globs.push_back(std::string(glob));
  }
  return paths;
}

}  // namespace mxban
