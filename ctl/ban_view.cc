#include "ctl/ban_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/format.h"

namespace mxban::ctl {
namespace {

// Server names beyond these are only counted.
constexpr int kNamedServers = 3;

// `on mx1, mx2`, `on mx1, mx2, mx3 and 9 more`.
std::string DescribeServers(const v1::Ban& ban) {
  if (ban.servers().empty()) return "";
  const int named = std::min(ban.servers_size(), kNamedServers);
  std::string text =
      absl::StrCat("on ", absl::StrJoin(ban.servers().begin(),
                                        ban.servers().begin() + named, ", "));
  if (ban.servers_size() > named) {
    absl::StrAppend(&text, " and ", ban.servers_size() - named, " more");
  }
  return text;
}

std::string DescribeHistory(const v1::Ban& ban, absl::Time now) {
  std::string text = SayAgo(FromProto(ban.create_time()), now);
  if (ban.previous_ban_count() > 0) {
    absl::StrAppend(&text, ", banned ",
                    SayCount(ban.previous_ban_count(), "time"), " before");
  }
  return text;
}

Color ColorOf(v1::WatchBansResponse::Change change) {
  switch (change) {
    case v1::WatchBansResponse::CHANGE_IMPOSED:
      return Color::kBad;
    case v1::WatchBansResponse::CHANGE_PARDONED:
      return Color::kGood;
    case v1::WatchBansResponse::CHANGE_ENFORCED:
      return Color::kFaint;
    default:
      return Color::kPlain;
  }
}

// Where a ban stands; in a dry run nowhere.
Cell ProgressCell(const v1::EnforcementProgress& progress, bool is_dry_run) {
  if (is_dry_run) return {"dry run", Color::kFaint};
  const bool is_everywhere =
      progress.enforcing_server_count() >= progress.server_count();
  return {DescribeProgress(progress),
          is_everywhere ? Color::kPlain : Color::kWarning};
}

std::string DescribeChange(v1::WatchBansResponse::Change change) {
  switch (change) {
    case v1::WatchBansResponse::CHANGE_IMPOSED:
      return "imposed";
    case v1::WatchBansResponse::CHANGE_PARDONED:
      return "pardoned";
    case v1::WatchBansResponse::CHANGE_EXPIRED:
      return "expired";
    case v1::WatchBansResponse::CHANGE_ENFORCED:
      return "enforced";
    default:  // Of a newer coordinator.
      return absl::StrCat("change ", static_cast<int>(change));
  }
}

// What is worth saying beside a change, if anything.
std::string DescribeOutcome(const v1::WatchBansResponse& change) {
  switch (change.change()) {
    case v1::WatchBansResponse::CHANGE_IMPOSED:
      return absl::StrCat(", ", SayEnd(ExpireTime(change.ban().ban()),
                                       FromProto(change.change_time())));
    case v1::WatchBansResponse::CHANGE_ENFORCED:
      return absl::StrCat(", ", DescribeProgress(change.ban().progress()));
    default:
      return "";
  }
}

}  // namespace

std::string DescribeCause(const v1::Ban& ban) {
  if (ban.origin() == v1::BAN_ORIGIN_OPERATOR) {
    return absl::StrCat("by an operator", ban.reason().empty() ? "" : ": ",
                        ban.reason());
  }
  return absl::StrCat(ban.reason().empty()
                          ? SayCount(ban.failure_count(), "failure")
                          : ban.reason(),
                      ban.servers().empty() ? "" : ", ", DescribeServers(ban),
                      ban.origin() == v1::BAN_ORIGIN_LOCAL ? " alone" : "");
}

Table BanTable() {
  return Table(
      {{.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "JAIL", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "ENDS"},
       {.heading = "SERVERS"}});
}

void AddBanRow(const v1::BanStatus& status, bool is_dry_run, absl::Time now,
               Table& table) {
  const v1::Ban& ban = status.ban();
  table.AddRow(
      {ban.source(), ban.jail(), SayIn(ExpireTime(ban), now),
       ProgressCell(status.progress(), is_dry_run)},
      absl::StrCat(DescribeHistory(ban, now), ", ", DescribeCause(ban)));
}

std::string DescribeBan(const v1::Ban& ban, absl::Time now) {
  return absl::StrCat(DescribeHistory(ban, now), ", ", DescribeCause(ban), ", ",
                      SayEnd(ExpireTime(ban), now));
}

std::string DescribeBanCount(uint64_t count) {
  return absl::StrCat(SayCount(count, "ban"),
                      count == 1 ? " stands" : " stand");
}

std::string DescribeProgress(const v1::EnforcementProgress& progress) {
  std::string text =
      absl::StrCat("enforced ", progress.enforcing_server_count(), "/",
                   progress.server_count());
  if (progress.has_slowest()) {
    absl::StrAppend(&text, ", ", SayDuration(FromProto(progress.slowest())));
  }
  return text;
}

void PrintImposed(const v1::Ban& ban, bool is_dry_run, absl::Time now,
                  std::ostream& out) {
  PrintLine(out, {.before = absl::StrCat(is_dry_run ? "would ban " : "banned ",
                                         ban.source(), " in "),
                  .yielding = ban.jail(),
                  .after = absl::StrCat(", ", SayEnd(ExpireTime(ban), now)),
                  .extra = ""});
}

void PrintPardoned(const v1::Ban& ban, std::ostream& out) {
  PrintLine(out, absl::StrCat("pardoned ", ban.source(), " in ", ban.jail()));
}

void PrintChange(const v1::WatchBansResponse& change, absl::TimeZone zone,
                 std::ostream& out) {
  const v1::Ban& ban = change.ban().ban();
  const bool imposed = change.change() == v1::WatchBansResponse::CHANGE_IMPOSED;
  const std::string time =
      absl::FormatTime("%H:%M:%S", FromProto(change.change_time()), zone);
  PrintLine(out,
            {.before = absl::StrCat(time, " ", DescribeChange(change.change()),
                                    " ", ban.source(), " in "),
             .yielding = ban.jail(),
             .after = DescribeOutcome(change),
             .extra = imposed ? absl::StrCat(": ", DescribeCause(ban)) : ""},
            ColorOf(change.change()));
}

}  // namespace mxban::ctl
