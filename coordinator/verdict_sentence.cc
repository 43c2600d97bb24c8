#include "coordinator/verdict_sentence.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/count_text.h"

namespace mxban {
namespace {

// Server names beyond these are only counted.
constexpr size_t kNamedServers = 4;

// `mx1`, `mx1 and mx3`, `mx1, mx2, mx3, mx4 and 9 others`.
std::string Names(std::vector<std::string> names) {
  if (names.size() > kNamedServers + 1) {
    const size_t others = names.size() - kNamedServers;
    names.resize(kNamedServers);
    names.push_back(absl::StrCat(others, " others"));
  }
  if (names.size() < 2) return absl::StrJoin(names, "");
  return absl::StrCat(absl::StrJoin(names.begin(), names.end() - 1, ", "),
                      " and ", names.back());
}

// To the minute or, below an hour, to the second.
std::string Rough(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, duration < absl::Hours(1)
                                                        ? absl::Seconds(1)
                                                        : absl::Minutes(1)));
}

std::string Cause(const Ban& ban) {
  const std::string reason =
      ban.reason.empty() ? "" : absl::StrCat(": ", ban.reason);
  switch (ban.origin) {
    case BanOrigin::kOperator:
      return absl::StrCat(", by an operator", reason);
    case BanOrigin::kLocal:
      return absl::StrCat(", by ", Names(ban.servers), " alone", reason);
    case BanOrigin::kCounted:
      break;
  }
  return absl::StrCat(reason, ban.servers.empty() ? "" : ", on ",
                      Names(ban.servers));
}

std::string Banned(const JailVerdict& verdict, const IpNetwork& source,
                   absl::Time now) {
  const Ban& ban = verdict.bans.front();
  return absl::StrCat(
      "is banned",
      ban.key.source == source
          ? ""
          : absl::StrCat(" with all of ", ban.key.source.ToString()),
      " in jail ", verdict.jail.name,
      ban.expire_time == absl::InfiniteFuture()
          ? " for ever"
          : absl::StrCat(" for another ", Rough(ban.expire_time - now)),
      verdict.jail.dry_run ? " (a dry run, nobody is refused)" : "",
      Cause(ban));
}

// `3 of 5 failures within 10m, on mx1 and mx3`.
std::string Counted(const JailVerdict& verdict) {
  const Jail& jail = verdict.jail;
  const size_t count = verdict.failure_count;
  const std::string window =
      absl::StrCat(" within ", absl::FormatDuration(jail.find_time));
  std::string text =
      verdict.failure_weight == 1
          ? absl::StrCat(count, " of ", CountText(jail.max_retry, "failure"),
                         window)
          : absl::StrCat(CountText(count, "failure"), window, " that ",
                         count == 1 ? "counts" : "count", " as ",
                         std::min<size_t>(count * verdict.failure_weight,
                                          jail.max_retry),
                         " of ", jail.max_retry, " (banned before)");
  absl::StrAppend(&text, ", on ");
  if (verdict.servers.size() < jail.min_servers) {
    absl::StrAppend(&text, verdict.servers.size(), " of ",
                    CountText(jail.min_servers, "server"), " that it takes: ");
  }
  return absl::StrCat(text, Names(verdict.servers));
}

std::string NotBanned(const JailVerdict& verdict, absl::Time now) {
  const std::string in_jail = absl::StrCat("in jail ", verdict.jail.name, " ");
  if (!verdict.ignored_by.empty()) {
    return absl::StrCat("jail ", verdict.jail.name, " never bans it (",
                        verdict.ignored_by, ")");
  }
  if (verdict.held) {
    return absl::StrCat(in_jail, "a ban is held: ", verdict.held->hold_reason);
  }
  if (verdict.failure_count > 0) return in_jail + Counted(verdict);
  if (verdict.pardon_time != absl::InfinitePast()) {
    const absl::Duration ago = now - verdict.pardon_time;
    return absl::StrCat(
        in_jail, "an operator pardoned it ",
        ago < absl::Seconds(1) ? "just now" : absl::StrCat(Rough(ago), " ago"));
  }
  std::string text = absl::StrCat(in_jail, "no failure within ",
                                  absl::FormatDuration(verdict.jail.find_time));
  const size_t forgiven = std::count(verdict.are_forgiven.begin(),
                                     verdict.are_forgiven.end(), true);
  if (forgiven > 0) {
    absl::StrAppend(&text, " counts, ", forgiven,
                    " forgiven by right logins of their users");
  } else if (!verdict.failures.empty()) {
    absl::StrAppend(&text, ", ", verdict.failures.size(), " before that");
  }
  if (verdict.previous_ban_count > 0) {
    absl::StrAppend(&text, ", banned ",
                    CountText(verdict.previous_ban_count, "time"), " before");
  }
  return text;
}

}  // namespace

std::string VerdictSentence(const IpNetwork& source, const JailVerdict& verdict,
                            absl::Time now) {
  return absl::StrCat(source.ToString(), " ",
                      verdict.bans.empty()
                          ? "is not banned: " + NotBanned(verdict, now)
                          : Banned(verdict, source, now));
}

}  // namespace mxban
