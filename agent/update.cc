#include "agent/update.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::StatusOr<std::vector<Jail>> ReadJails(const v1::JailSet& message) {
  std::vector<Jail> jails;
  for (const v1::Jail& wire : message.jails()) {
    ASSIGN_OR_RETURN(Jail jail, JailFromProto(wire));
    jails.push_back(std::move(jail));
  }
  return jails;
}

absl::StatusOr<std::vector<StandingBan>> ReadBans(
    const google::protobuf::RepeatedPtrField<v1::StandingBan>& message) {
  std::vector<StandingBan> bans;
  bans.reserve(message.size());
  for (const v1::StandingBan& wire : message) {
    ASSIGN_OR_RETURN(StandingBan ban, StandingBanFromProto(wire));
    bans.push_back(std::move(ban));
  }
  return bans;
}

absl::StatusOr<Enforcer::Delta> ReadDelta(const v1::BanDelta& message) {
  Enforcer::Delta delta;
  ASSIGN_OR_RETURN(delta.imposed, ReadBans(message.imposed()));
  for (const v1::LiftedBan& wire : message.lifted()) {
    ASSIGN_OR_RETURN(BanKey key, LiftedBanFromProto(wire));
    delta.lifted.push_back(std::move(key));
  }
  return delta;
}

}  // namespace

absl::Status ApplyUpdate(const v1::WatchResponse& update, Enforcer& enforcer,
                         absl::FunctionRef<void(std::vector<Jail>)> on_jails) {
  switch (update.update_case()) {
    case v1::WatchResponse::kJails: {
      ASSIGN_OR_RETURN(std::vector<Jail> jails, ReadJails(update.jails()));
      enforcer.SetJails(jails);
      on_jails(std::move(jails));
      return absl::OkStatus();
    }
    case v1::WatchResponse::kSnapshot: {
      ASSIGN_OR_RETURN(std::vector<StandingBan> bans,
                       ReadBans(update.snapshot().bans()));
      enforcer.AddSnapshotPart({std::move(bans), update.snapshot().first(),
                                update.snapshot().last()},
                               update.history_id(), update.revision());
      return absl::OkStatus();
    }
    case v1::WatchResponse::kDelta: {
      ASSIGN_OR_RETURN(const Enforcer::Delta delta, ReadDelta(update.delta()));
      enforcer.ApplyDelta(delta, update.revision());
      return absl::OkStatus();
    }
    case v1::WatchResponse::UPDATE_NOT_SET:
      return absl::OkStatus();  // Of a newer version; nothing for us.
  }
  return absl::OkStatus();
}

}  // namespace mxban
