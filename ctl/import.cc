#include "ctl/import.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/ip_network.h"
#include "common/status_macros.h"
#include "ctl/ban_lists.h"
#include "ctl/call.h"
#include "ctl/fail2ban_database.h"
#include "ctl/format.h"
#include "ctl/import_report.h"
#include "ctl/list.h"
#include "ctl/listed_ban.h"
#include "ctl/printable.h"

namespace mxban::ctl {
namespace {

using Stub = v1::AdminService::StubInterface;
using Outcome = ImportReport::Outcome;
using Key = std::pair<std::string, IpNetwork>;  // Jail and source.

// Durations travel in whole seconds, and clocks differ a little.
constexpr absl::Duration kTolerance = absl::Seconds(2);

// Whether the coordinator has refused this one ban, rather than failed.
bool IsRefusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsFailedPrecondition(status);
}

absl::StatusOr<std::vector<ListedBan>> ReadBans(const ImportRequest& request,
                                                std::istream& standard_input,
                                                absl::Time now) {
  if (request.kind == ImportRequest::Kind::kFail2Ban) {
    return ReadFail2BanDatabase(
        request.path.empty() ? kFail2BanDatabase : request.path, now);
  }
  ASSIGN_OR_RETURN(const std::string text,
                   ReadList(request.path, standard_input));
  if (request.kind == ImportRequest::Kind::kCrowdSec) {
    return ParseCrowdSecDecisions(text, now);
  }
  return ParseTextList(text, request.path);
}

// What operators see beside a ban when they did not say why.
std::string DefaultReason(ImportRequest::Kind kind) {
  switch (kind) {
    case ImportRequest::Kind::kList:
      return "imported";
    case ImportRequest::Kind::kFail2Ban:
      return "carried over from Fail2Ban";
    case ImportRequest::Kind::kCrowdSec:
      return "carried over from CrowdSec";
  }
  return "";
}

class Import {
 public:
  Import(const Session& session, const ImportRequest& request)
      : session_(session),
        request_(request),
        now_(session.clock.TimeNow()),
        report_(session, request.dry_run) {}

  absl::Status Run(const std::vector<ListedBan>& bans,
                   const ImportStreams& streams) {
    RETURN_IF_ERROR(LearnJails());
    for (const ListedBan& ban : bans) Plan(ban);
    RETURN_IF_ERROR(LearnStandingBans());
    RETURN_IF_ERROR(CarryAll(streams));
    return report_.Conclude(
        [this](const std::string& jail) { return WhatToDo(jail); });
  }

 private:
  absl::Status LearnJails() {
    const auto collect = [&](const v1::ListJailsResponse& page) {
      for (const v1::JailStatus& status : page.jails()) {
        prefixes_[status.jail().name()] =
            static_cast<int>(status.jail().ipv6_prefix());
      }
      return absl::OkStatus();
    };
    return ForEachPage(session_, &Stub::ListJails, v1::ListJailsRequest(),
                       collect);
  }

  // Only of sources that are wanted, so that memory is bounded by the list.
  absl::Status LearnStandingBans() {
    const auto collect = [&](const v1::ListBansResponse& page) {
      for (const v1::BanStatus& status : page.bans()) {
        const auto source = IpNetwork::Parse(status.ban().source());
        if (!source.ok()) continue;
        Key key(status.ban().jail(), *source);
        if (!wanted_.contains(key)) continue;
        standing_[std::move(key)] = ExpireTime(status.ban());
      }
      return absl::OkStatus();
    };
    return ForEachPage(session_, &Stub::ListBans, v1::ListBansRequest(),
                       collect);
  }

  // The jail that `theirs` goes into; empty for nowhere.
  std::string JailFor(const std::string& theirs) const {
    const auto found = request_.jails.find(theirs);
    if (found != request_.jails.end()) return found->second;
    // A line of a list knows best.
    const bool keeps = request_.kind == ImportRequest::Kind::kList;
    if (request_.jail.empty() || (keeps && !theirs.empty())) return theirs;
    return request_.jail;
  }

  // Several may name one source, or one network of IPv6: the longest wins.
  void Plan(const ListedBan& ban) {
    const std::string jail = JailFor(ban.jail);
    const auto source = IpNetwork::Parse(ban.source);
    if (!ban.error.empty() || !source.ok()) {
      return report_.Add(
          Outcome::kRefused, ban.source, jail,
          ban.error.empty() ? source.status().message() : ban.error);
    }
    if (jail.empty()) {
      return ban.jail.empty() ? report_.Add(Outcome::kRefused, ban.source,
                                            "no jail", "say which by --jail")
                              : report_.Add(Outcome::kLeftOut, ban.source,
                                            ban.jail, "as --jail says");
    }
    const auto prefix = prefixes_.find(jail);
    if (prefix == prefixes_.end()) {
      return report_.Add(Outcome::kHomeless, ban.source, jail,
                         "there is no such jail");
    }
    const bool widens =
        !source->is_ipv4() && source->is_address() && prefix->second > 0;
    const Key key(jail, widens ? source->Widened(prefix->second) : *source);
    absl::Time& expire_time =
        wanted_.try_emplace(key, ban.expire_time).first->second;
    expire_time = std::max(expire_time, ban.expire_time);
  }

  // Whether the ban that stands makes the wanted one needless. A list without
  // times renews a ban once half of its duration is over.
  bool Stands(const Key& key, absl::Time expire_time) const {
    const auto found = standing_.find(key);
    if (found == standing_.end()) return false;
    if (expire_time == absl::InfinitePast()) {
      return found->second >= now_ + request_.duration / 2;
    }
    return found->second >= expire_time - kTolerance;
  }

  absl::Status CarryAll(const ImportStreams& streams) {
    ProgressBar bar(streams.terminal, wanted_.size(), streams.progress,
                    session_.clock, "ban");
    for (const auto& [key, expire_time] : wanted_) {
      const absl::Status status = Carry(key, expire_time);
      bar.Advance(1);
      if (status.ok()) continue;
      return absl::Status(
          status.code(),
          absl::StrCat(status.message(), "; ",
                       SayCount(report_.CountOf(Outcome::kBanned), "ban"),
                       " came over, import again for the others"));
    }
    return absl::OkStatus();
  }

  absl::Status Carry(const Key& key, absl::Time expire_time) {
    const std::string source = key.second.ToString();
    if (Stands(key, expire_time)) {
      report_.Add(Outcome::kStands, source, key.first);
      return CheckOutput(session_.out);
    }
    const absl::Status status = Impose(key, expire_time);
    if (status.ok()) {
      report_.Add(Outcome::kBanned, source, key.first);
    } else if (IsRefusal(status)) {
      report_.Add(Outcome::kRefused, source, key.first, status.message());
    } else {
      return status;
    }
    return CheckOutput(session_.out);
  }

  absl::Status Impose(const Key& key, absl::Time expire_time) {
    v1::ImposeBanRequest ban;
    ban.set_jail(key.first);
    ban.set_source(key.second.ToString());
    ban.set_reason(request_.reason.empty() ? DefaultReason(request_.kind)
                                           : request_.reason);
    ban.set_wide(request_.wide);
    ban.set_validate_only(request_.dry_run);
    const absl::Duration duration =
        expire_time == absl::InfinitePast()
            ? request_.duration
            : expire_time - session_.clock.TimeNow();
    if (duration == absl::InfiniteDuration()) {
      ban.set_permanent(true);
    } else if (duration != absl::ZeroDuration()) {
      // Rounded up: the ban must not end before the other one.
      ban.mutable_duration()->set_seconds(std::max<int64_t>(
          1, absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)))));
    }
    return Call(session_, &Stub::ImposeBan, ban).status();
  }

  // About a jail that is not there.
  std::string WhatToDo(const std::string& jail) const {
    if (request_.kind == ImportRequest::Kind::kFail2Ban &&
        request_.jail.empty()) {
      return absl::StrCat("there is no such jail; --jail ", jail,
                          "=NAME or, for nowhere, --jail ", jail, "=");
    }
    return "there is no such jail; `mxbanctl jails` lists them";
  }

  const Session& session_;
  const ImportRequest& request_;
  const absl::Time now_;
  ImportReport report_;
  std::map<std::string, int> prefixes_;  // Of IPv6, by our jails.
  std::map<Key, absl::Time> wanted_;
  std::map<Key, absl::Time> standing_;
};

}  // namespace

absl::Status ImportBans(const Session& session, const ImportRequest& request,
                        const ImportStreams& streams) {
  ASSIGN_OR_RETURN(
      const std::vector<ListedBan> bans,
      ReadBans(request, streams.standard_input, session.clock.TimeNow()));
  return Import(session, request).Run(bans, streams);
}

absl::Status ExportBans(const Session& session, const std::string& jail) {
  v1::ListBansRequest request;
  request.set_jail(jail);
  const auto print = [&](const v1::ListBansResponse& page) {
    for (const v1::BanStatus& status : page.bans()) {
      const v1::Ban& ban = status.ban();
      session.out << Printable(FormatListed(ban.source(), ban.jail(),
                                            ExpireTime(ban)))
                  << '\n';
    }
    return CheckOutput(session.out);
  };
  return ForEachPage(session, &Stub::ListBans, request, print);
}

}  // namespace mxban::ctl
