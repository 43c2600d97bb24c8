#ifndef MXBAN_CTL_COMMAND_LINE_H_
#define MXBAN_CTL_COMMAND_LINE_H_

// What an operator typed.

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls.h"
#include "ctl/import_request.h"
#include "ctl/new_token.h"
#include "ctl/records.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

inline constexpr char kDefaultEndpoint[] = "unix:/run/mxban/admin.sock";

enum class Command {
  kPrint,  // Only CommandLine::text: the help or the version.
  kStatus,
  kBans,
  kBan,
  kUnban,
  kAgents,
  kJails,
  kWatch,
  kTop,
  kReload,
  kExplain,
  kAudit,
  kToken,
  kPause,
  kResume,
  kUndo,
  kAllowAdd,
  kAllowRemove,
  kAllowList,
  kHeldList,
  kHeldRelease,
  kHeldDrop,
  kImport,
  kExport,
};

struct CommandLine {
  Command command = Command::kPrint;
  std::string text;

  std::string endpoint = kDefaultEndpoint;  // In gRPC's notation.
  TlsFiles tls;
  std::string token_file;  // May be empty.
  bool insecure = false;
  absl::Duration timeout = absl::Seconds(10);
  OutputFormat format = OutputFormat::kTable;

  std::string jail;             // Of kBans, kUndo and kExport; empty for all.
  std::string server;           // Of kAgents; empty for all.
  v1::ImposeBanRequest ban;     // Of kBan.
  v1::PardonBanRequest pardon;  // Of kUnban.
  v1::ExplainSourceRequest explain;   // Of kExplain.
  v1::ListAuditRecordsRequest audit;  // Of kAudit, but for since when.
  v1::SummarizeFailuresRequest top;   // Of kTop.
  NewTokenRequest token;              // Of kToken.

  v1::PauseEnforcementRequest pause;   // Of kPause.
  v1::AllowSourceRequest allow;        // Of kAllowAdd.
  v1::DisallowSourceRequest disallow;  // Of kAllowRemove.
  v1::HeldBanSelection held;           // Of kHeldRelease and kHeldDrop.
  ImportRequest import;                // Of kImport.

  // How far back, of kUndo and kAudit.
  absl::Duration since = absl::InfiniteDuration();
  bool yes = false;  // Nobody is to be asked again.

  // Whether so much is touched that somebody must confirm it.
  bool NeedsConsent() const;
};

// Reads the arguments of main() and the environment variables MXBAN_ENDPOINT
// and MXBAN_TOKEN_FILE.
// INVALID_ARGUMENT says in one line what is wrong with them.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_COMMAND_LINE_H_
