#include "ctl/ban_lists.h"

#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/ip_network.h"
#include "nlohmann/json.hpp"

namespace mxban::ctl {
namespace {

using Json = nlohmann::json;

constexpr char kNotDecisions[] =
    "this is not what `cscli decisions list -o json` prints";

constexpr char kEver[] = "ever";

// `SOURCE [JAIL [UNTIL]]`.
ListedBan ReadWords(const std::vector<std::string>& words) {
  ListedBan ban = {.source = words[0], .jail = "", .error = ""};
  if (const auto source = IpNetwork::Parse(ban.source); !source.ok()) {
    ban.error = std::string(source.status().message());
  } else if (words.size() > 3) {
    ban.error = absl::StrCat("'", words[3], "' is too much");
  }
  if (words.size() > 1) ban.jail = words[1];
  if (words.size() < 3) return ban;
  if (words[2] == kEver) {
    ban.expire_time = absl::InfiniteFuture();
  } else if (!absl::ParseTime(absl::RFC3339_full, words[2], &ban.expire_time,
                              nullptr)) {
    ban.error = absl::StrCat("'", words[2], "' is no time such as ",
                             "2027-01-31T12:00:00Z, nor ever");
  }
  return ban;
}

// The text called `key`, or nothing.
std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : "";
}

bool IsBan(const Json& decision) {
  const auto simulated = decision.find("simulated");
  if (simulated != decision.end() && simulated->is_boolean() &&
      simulated->get<bool>()) {
    return false;
  }
  const std::string scope = Text(decision, "scope");
  return Text(decision, "type") == "ban" &&
         (absl::EqualsIgnoreCase(scope, "ip") ||
          absl::EqualsIgnoreCase(scope, "range"));
}

absl::Status AddDecision(const Json& decision, absl::Time now,
                         std::vector<ListedBan>& bans) {
  if (!decision.is_object()) return absl::InvalidArgumentError(kNotDecisions);
  if (!IsBan(decision)) return absl::OkStatus();
  const std::string text = Text(decision, "duration");
  absl::Duration left;
  if (!absl::ParseDuration(text, &left)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the decision on ", Text(decision, "value"),
                     " has a duration of '", text, "'"));
  }
  if (left <= absl::ZeroDuration()) return absl::OkStatus();
  bans.push_back({.source = Text(decision, "value"),
                  .jail = "",
                  .expire_time = now + left,
                  .error = ""});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadList(const std::string& path,
                                     std::istream& standard_input) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat(path, " cannot be opened"));
    }
  }
  std::istream& in = path == "-" ? standard_input : file;
  std::string text;
  char block[1 << 16];
  while (in.read(block, sizeof(block)), in.gcount() > 0) {
    text.append(block, in.gcount());
    if (text.size() > kMaxListBytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, " is longer than ", kMaxListBytes >> 20,
                       " MiB; import it in parts"));
    }
  }
  if (in.bad()) {
    return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  }
  return text;
}

std::vector<ListedBan> ParseTextList(absl::string_view text,
                                     const std::string& path) {
  std::vector<ListedBan> bans;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = line.substr(0, line.find_first_of("#;"));
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    ListedBan& ban = bans.emplace_back(ReadWords(words));
    if (ban.error.empty()) continue;
    ban.error = absl::StrCat(path == "-" ? "standard input" : path, ":", number,
                             ": ", ban.error);
  }
  return bans;
}

std::string FormatListed(absl::string_view source, absl::string_view jail,
                         absl::Time expire_time) {
  return absl::StrCat(source, " ", jail, " ",
                      expire_time == absl::InfiniteFuture()
                          ? kEver
                          : absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", expire_time,
                                             absl::UTCTimeZone()));
}

absl::StatusOr<std::vector<ListedBan>> ParseCrowdSecDecisions(
    const std::string& text, absl::Time now) {
  const Json alerts = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<ListedBan> bans;
  if (alerts.is_null()) return bans;  // There are none.
  if (!alerts.is_array()) return absl::InvalidArgumentError(kNotDecisions);
  for (const Json& alert : alerts) {
    const auto decisions =
        alert.is_object() ? alert.find("decisions") : alert.end();
    if (decisions == alert.end() || !decisions->is_array()) {
      return absl::InvalidArgumentError(kNotDecisions);
    }
    for (const Json& decision : *decisions) {
      if (const absl::Status status = AddDecision(decision, now, bans);
          !status.ok()) {
        return status;
      }
    }
  }
  return bans;
}

}  // namespace mxban::ctl
