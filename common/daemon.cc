#include "common/daemon.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/log.h"
#include "common/tls.h"
#include "common/version.h"

ABSL_FLAG(std::string, log_level, "info", "debug, info, warning or error.");
ABSL_FLAG(std::string, log_format, "text",
          "text or json. Where standard error is systemd's journal, lines "
          "begin with their priority.");

namespace mxban {
namespace {

// What is closed would become the next file or socket that is opened, and be
// taken for a standard stream.
void OpenStandardStreams() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    descriptor = open("/dev/null", O_RDWR);
  }
  if (descriptor > STDERR_FILENO) close(descriptor);
}

// A pipe to a collector of core dumps ignores the limit.
void KeepSecrets() {
  umask(0077);
  constexpr rlimit kNothing = {0, 0};
  setrlimit(RLIMIT_CORE, &kNothing);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace

int RunDaemon(int argc, char** argv, const DaemonInfo& info,
              absl::FunctionRef<absl::Status(const sigset_t& signals)> serve) {
  OpenStandardStreams();
  // Debian's Abseil watches the order of locks in the whole process, under one
  // more lock, each time that one is taken. Tests have it watch.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  PinTlsCiphers();
  KeepSecrets();
  absl::FlagsUsageConfig usage;
  usage.version_string = [&] {
    return absl::StrCat(info.name, " ", kVersion, "\n");
  };
  usage.contains_helpshort_flags =
      usage.contains_help_flags = [&](absl::string_view file) {
        return file == info.main_file || file == "common/daemon.cc";
      };
  absl::SetFlagsUsageConfig(usage);
  absl::SetProgramUsageMessage(info.usage);
  if (absl::ParseCommandLine(argc, argv).size() > 1) {
    std::fprintf(stderr, "%s: takes flags only, see --help\n",
                 info.name.c_str());
    return 2;
  }

  // Before any thread starts, so that only sigwait() sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  absl::Status status = InitLog({.level = absl::GetFlag(FLAGS_log_level),
                                 .format = absl::GetFlag(FLAGS_log_format)});
  if (status.ok()) status = serve(signals);
  if (status.ok()) return 0;
  LogEnd(info.name, status);
  return 1;
}

}  // namespace mxban
