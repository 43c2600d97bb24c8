// mxbanctl: asks and tells the coordinator. Everything is in commands.h.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/client_tls.h"
#include "common/clock.h"
#include "common/small_file.h"
#include "common/status_macros.h"
#include "common/tls.h"
#include "ctl/color.h"
#include "ctl/command_line.h"
#include "ctl/commands.h"
#include "ctl/errors.h"
#include "ctl/import.h"
#include "ctl/new_token.h"
#include "ctl/printable.h"
#include "ctl/rail_commands.h"
#include "ctl/session.h"
#include "ctl/terminal.h"
#include "ctl/top.h"
#include "ctl/watch.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace mxban::ctl {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Fail(int exit_code, const std::string& line) {
  std::cerr << Painted{"mxbanctl:", Color::kBad} << ' ' << line << '\n';
  return exit_code;
}

ImportStreams Streams() {
  const TerminalSize size = SizeOfTerminal(STDERR_FILENO);
  return {
      .standard_input = std::cin,
      .progress = std::cerr,
      .terminal = {.is_terminal = size.columns > 0, .columns = size.columns}};
}

// Ctrl-C ends what is live on a terminal; the prompt gets a line of its own.
void EndTidily(int /*signal*/) {
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, "\n", 1);
  _exit(128 + SIGINT);
}

// Whether to look again; as often as operators can read.
bool WaitToLookAgain() {
  absl::SleepFor(kLiveInterval);
  return true;
}

std::shared_ptr<grpc::Channel> OpenChannel(
    const std::string& endpoint,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // A thousand bans with their evidence outgrow gRPC's default of 4 MiB.
  arguments.SetMaxReceiveMessageSize(-1);
  // A coordinator is a neighbour; a proxy for the web does not lead there.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(endpoint, credentials, arguments);
}

// What the channel is opened with. A unix socket knows its user by itself; a
// token goes through TLS or nowhere.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const CommandLine& line, const Clock& clock) {
  const bool has_token = !line.token_file.empty();
  ClientTls tls(line.tls, line.insecure, clock,
                has_token ? ClientTls::Certificate::kOptional
                          : ClientTls::Certificate::kRequired);
  ASSIGN_OR_RETURN(const auto credentials, tls.Credentials(line.endpoint));
  const absl::Status key = CheckOnlyOwnerReads(line.tls.key);
  if (!key.ok()) {
    std::cerr << "mxbanctl: --tls_key: " << Printable(key.message()) << '\n';
  }
  if (absl::StartsWith(line.endpoint, "unix:")) {
    return grpc::InsecureChannelCredentials();
  }
  if (!has_token) return credentials;
  if (!line.tls.wanted()) {
    return absl::InvalidArgumentError(
        "--token_file: a token is sent over TLS only, give --tls_ca");
  }
  ASSIGN_OR_RETURN(const std::string token, ReadToken(line.token_file));
  return grpc::CompositeChannelCredentials(credentials,
                                           grpc::AccessTokenCredentials(token));
}

absl::Status Dispatch(const CommandLine& line, const Session& session) {
  switch (line.command) {
    case Command::kPrint:
    case Command::kToken:
      break;
    case Command::kStatus:
      return ShowStatus(session);
    case Command::kBans:
      return ListBans(session, line.jail);
    case Command::kBan:
      return ImposeBan(session, line.ban);
    case Command::kUnban:
      return PardonBan(session, line.pardon);
    case Command::kAgents:
      return ListAgents(session, line.server);
    case Command::kJails:
      return ListJails(session);
    case Command::kWatch:
      return WatchBans(session);
    case Command::kTop:
      return ShowTop(session, line.top, WaitToLookAgain);
    case Command::kReload:
      return ReloadJails(session);
    case Command::kExplain:
      return ExplainSource(session, line.explain);
    case Command::kAudit:
      return ListAuditRecords(session, line.audit, line.since);
    case Command::kPause:
      return PauseEnforcement(session, line.pause);
    case Command::kResume:
      return ResumeEnforcement(session);
    case Command::kUndo:
      return UndoBans(session, line.since, line.jail);
    case Command::kAllowAdd:
      return AllowSource(session, line.allow);
    case Command::kAllowRemove:
      return DisallowSource(session, line.disallow);
    case Command::kAllowList:
      return ListAllowedSources(session);
    case Command::kHeldList:
      return ListHeldBans(session);
    case Command::kHeldRelease:
      return ReleaseHeldBans(session, line.held);
    case Command::kHeldDrop:
      return DropHeldBans(session, line.held);
    case Command::kImport:
      return ImportBans(session, line.import, Streams());
    case Command::kExport:
      return ExportBans(session, line.jail);
  }
  session.out << line.text;
  return absl::OkStatus();
}

// Asks or tells the coordinator. `rows` are those of the terminal, if the
// output is one.
int Run(const CommandLine& line, size_t rows) {
  const bool must_ask = line.NeedsConsent();
  if (must_ask && isatty(STDIN_FILENO) == 0) {
    return Fail(kUsage,
                "this touches many sources, and there is no terminal to ask "
                "on: say --yes if it is meant");
  }
  const RealClock clock;
  const auto credentials = Credentials(line, clock);
  if (!credentials.ok()) {
    return Fail(kUsage, Printable(credentials.status().message()));
  }
  const auto channel = OpenChannel(line.endpoint, *credentials);
  const auto stub = v1::AdminService::NewStub(channel);
  // What programs read stays free of questions.
  const Terminal terminal = {std::cin, std::cerr};
  const absl::Status status =
      Dispatch(line, {.stub = *stub,
                      .out = std::cout,
                      .clock = clock,
                      .timeout = line.timeout,
                      .format = line.format,
                      .terminal_rows = rows,
                      .terminal = must_ask ? &terminal : nullptr});
  if (!status.ok()) {
    const bool connected = channel->GetState(false) == GRPC_CHANNEL_READY;
    return Fail(kFailed, ExplainError(status, {.endpoint = line.endpoint,
                                               .timeout = line.timeout,
                                               .connected = connected}));
  }
  if (!std::cout.flush()) return Fail(kFailed, "the output cannot be written");
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  const TerminalSize size = SizeOfTerminal(STDOUT_FILENO);
  // What is no terminal has room for everything.
  SetWidth(std::cout, size.columns > 0 ? size.columns : kUnlimitedWidth);
  if (WantsColor(STDOUT_FILENO)) UseColor(std::cout);
  if (WantsColor(STDERR_FILENO)) UseColor(std::cerr);
  const absl::StatusOr<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.ok()) {
    return Fail(kUsage, absl::StrCat(Printable(line.status().message()),
                                     "; see mxbanctl --help"));
  }
  const bool is_live =
      line->command == Command::kWatch || line->command == Command::kTop;
  if (is_live && size.rows > 0) std::signal(SIGINT, EndTidily);
  if (line->command != Command::kToken) return Run(*line, size.rows);
  PrintNewToken(line->token, line->format == OutputFormat::kJson, std::cout);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace mxban::ctl

int main(int argc, char** argv) {
  // Errors are told once, in our words; GRPC_VERBOSITY=debug brings gRPC's.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  mxban::PinTlsCiphers();
  return mxban::ctl::Main(argc, argv);
}
