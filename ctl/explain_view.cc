#include "ctl/explain_view.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/ban_view.h"
#include "ctl/color.h"
#include "ctl/format.h"
#include "ctl/paragraph.h"
#include "ctl/printable.h"

namespace mxban::ctl {
namespace {

// The larger, the sooner an operator wants to hear of it: a ban, one that is
// held, that there cannot be one, how close it is.
double Weight(const v1::JailVerdict& verdict) {
  if (verdict.bans_size() > 0) return 5;
  if (verdict.has_held()) return 4;
  if (!verdict.ignored_by().empty()) return 3;
  const double limit = std::max(1u, verdict.max_retry());
  return std::min(2.0, 1 + verdict.failure_count() / limit);
}

// Null if no jail knows anything.
const v1::JailVerdict* Weightiest(const v1::ExplainSourceResponse& all) {
  const auto found =
      std::max_element(all.verdicts().begin(), all.verdicts().end(),
                       [](const v1::JailVerdict& a, const v1::JailVerdict& b) {
                         return Weight(a) < Weight(b);
                       });
  return found == all.verdicts().end() ? nullptr : &*found;
}

std::string Verdict(const v1::ExplainSourceResponse& all) {
  const v1::JailVerdict* const weightiest = Weightiest(all);
  const bool is_banned = weightiest != nullptr && weightiest->bans_size() > 0;
  if (!all.allowed_by().empty() && !is_banned) {
    return absl::StrCat(all.source(), " is never banned: ", all.allowed_by());
  }
  if (weightiest == nullptr) {
    return absl::StrCat(all.source(),
                        " is not banned: no jail knows anything of it");
  }
  return absl::StrCat(weightiest->summary(),
                      is_banned && all.has_pause()
                          ? "; but enforcement is paused, nobody is refused"
                          : "");
}

// Prints the facts of one jail.
class Facts {
 public:
  Facts(absl::Time now, absl::TimeZone zone, std::ostream& out)
      : now_(now), zone_(zone), out_(out) {}

  // `all` is what `verdict` is part of.
  void Print(const v1::ExplainSourceResponse& all,
             const v1::JailVerdict& verdict) {
    const std::string heading =
        absl::StrCat("jail ", Printable(verdict.jail()));
    out_ << '\n' << Painted{heading, Color::kHeading} << '\n';
    // The only one has been told.
    if (all.verdicts_size() > 1) Fact("verdict", verdict.summary());
    if (verdict.counted_source() != all.source()) {
      Fact("counted as", verdict.counted_source());
    }
    if (!verdict.ignored_by().empty()) Fact("ignored by", verdict.ignored_by());
    for (const v1::BanStatus& ban : verdict.bans()) PrintBan(ban);
    PrintServers(verdict);
    if (verdict.has_held()) PrintHeld(verdict.held());
    PrintFailures(verdict);
    PrintHistory(verdict);
  }

 private:
  void Fact(absl::string_view name, absl::string_view value) {
    const std::string padding(13 - std::min<size_t>(name.size(), 12), ' ');
    PrintParagraph(out_, absl::StrCat("  ", name, padding), value);
  }

  void PrintBan(const v1::BanStatus& status) {
    const v1::Ban& ban = status.ban();
    Fact("banned", absl::StrCat(ban.source(), " ", DescribeBan(ban, now_)));
    for (const std::string& line : ban.evidence()) Fact("evidence", line);
    Fact("servers", DescribeProgress(status.progress()));
  }

  void PrintServers(const v1::JailVerdict& verdict) {
    std::vector<std::string> servers;
    for (const auto& server : verdict.enforcing_servers()) {
      servers.push_back(
          server.has_start_time()
              ? absl::StrCat(server.server_name(), " since ",
                             SayTime(FromProto(server.start_time()), zone_))
              : server.server_name());
    }
    if (!servers.empty()) Fact("enforced by", absl::StrJoin(servers, ", "));
    if (verdict.missing_servers_size() > 0) {
      Fact("not yet by", absl::StrJoin(verdict.missing_servers(), ", "));
    }
  }

  void PrintHeld(const v1::HeldBan& held) {
    Fact("held", absl::StrCat(held.hold_reason(), ": ", held.ban().source(),
                              " ", DescribeBan(held.ban(), now_)));
  }

  void PrintFailures(const v1::JailVerdict& verdict) {
    std::string limits =
        absl::StrCat(verdict.failure_count(), " of ", verdict.max_retry(),
                     " within ", SayDuration(FromProto(verdict.find_time())));
    if (verdict.min_servers() > 1) {
      absl::StrAppend(&limits, ", on ", verdict.server_count(), " of ",
                      SayCount(verdict.min_servers(), "server"),
                      " that it takes");
    }
    Fact("failures", limits);
    for (const auto& failure : verdict.failures()) PrintFailure(failure);
  }

  void PrintFailure(const v1::JailVerdict::HeldFailure& failure) {
    PrintParagraph(
        out_, "    ",
        absl::StrCat(SayTime(FromProto(failure.failure_time()), zone_), " on ",
                     failure.server_name(),
                     failure.user().empty() ? "" : ", user ", failure.user(),
                     failure.is_forgiven()
                         ? ", forgiven: that user has logged in from there"
                         : ""));
    if (!failure.evidence().empty()) {
      PrintParagraph(out_, "      ", failure.evidence());
    }
  }

  void PrintHistory(const v1::JailVerdict& verdict) {
    Fact("next ban",
         verdict.has_next_ban_time()
             ? absl::StrCat("for ",
                            SayDuration(FromProto(verdict.next_ban_time())))
             : "for ever");
    if (verdict.previous_ban_count() > 0) {
      Fact("earlier bans", SayNumber(verdict.previous_ban_count()));
    }
    if (verdict.has_pardon_time()) {
      Fact("pardoned", SayAgo(FromProto(verdict.pardon_time()), now_));
    }
    if (verdict.has_right_login_time()) {
      Fact("right login", SayAgo(FromProto(verdict.right_login_time()), now_));
    }
  }

  const absl::Time now_;
  const absl::TimeZone zone_;
  std::ostream& out_;
};

}  // namespace

void PrintExplanation(const v1::ExplainSourceResponse& explanation,
                      absl::Time now, absl::TimeZone zone, std::ostream& out) {
  out << Painted{Printable(Verdict(explanation)), Color::kHeading} << '\n';
  Facts facts(now, zone, out);
  for (const v1::JailVerdict& verdict : explanation.verdicts()) {
    facts.Print(explanation, verdict);
  }
  if (explanation.has_pause()) {
    out << '\n';
    PrintParagraph(
        out, "paused ",
        absl::StrCat(SayAgo(FromProto(explanation.pause().start_time()), now),
                     " by ", explanation.pause().who(), ": ",
                     explanation.pause().reason()));
  }
}

}  // namespace mxban::ctl
