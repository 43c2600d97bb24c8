#ifndef MXBAN_CTL_RAIL_COMMANDS_H_
#define MXBAN_CTL_RAIL_COMMANDS_H_

// What mxbanctl does about the rails: the pause, undo, the allow list and held
// bans. As in commands.h; for programs:
//
//   pause, resume, undo, held release, held drop
//                 the call's response, which says whom it touched
//   allow add     an AllowSourceResponse
//   allow remove  the AllowedSource as it was
//   allow list    an AllowedSource for each
//   held list     a HeldBan for each
//
// What touches the whole fleet first asks the coordinator whom that would be,
// and then whoever sits at the terminal; ABORTED if they do not say yes.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/session.h"

namespace mxban::ctl {

absl::Status PauseEnforcement(const Session& session,
                              const v1::PauseEnforcementRequest& request);
absl::Status ResumeEnforcement(const Session& session);

// Undoes what was banned in the last `since`; an empty `jail` means all.
absl::Status UndoBans(const Session& session, absl::Duration since,
                      const std::string& jail);

absl::Status AllowSource(const Session& session,
                         const v1::AllowSourceRequest& request);
absl::Status DisallowSource(const Session& session,
                            const v1::DisallowSourceRequest& request);
absl::Status ListAllowedSources(const Session& session);

absl::Status ListHeldBans(const Session& session);
absl::Status ReleaseHeldBans(const Session& session,
                             const v1::HeldBanSelection& selection);
absl::Status DropHeldBans(const Session& session,
                          const v1::HeldBanSelection& selection);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_RAIL_COMMANDS_H_
