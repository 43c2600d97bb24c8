// mxban-regex: tries a filter on a log. Everything is in mxban_regex_run.h.

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "ctl/color.h"
#include "ctl/mxban_regex_request.h"
#include "ctl/mxban_regex_run.h"
#include "ctl/printable.h"
#include "ctl/terminal.h"
#include "filter/local_zone.h"

namespace mxban::ctl {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Fail(int exit_code, const absl::Status& status) {
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    std::cerr << "mxban-regex: " << Printable(line) << '\n';
  }
  return exit_code;
}

// Where the progress bar may be drawn: not among lines on the same terminal.
ProgressBar::Terminal StandardError(const RegexRequest& request) {
  const bool prints_lines =
      request.print_matched || request.print_missed || request.print_ignored;
  const bool lines_on_error = request.json && prints_lines;
  const bool lines_on_output = request.json || prints_lines;
  const TerminalSize size = SizeOfTerminal(STDERR_FILENO);
  if (size.columns == 0 || lines_on_error ||
      (lines_on_output && isatty(STDOUT_FILENO))) {
    return {};
  }
  return {.is_terminal = true, .columns = size.columns};
}

int Main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  if (WantsColor(STDERR_FILENO)) UseColor(std::cerr);
  const absl::StatusOr<RegexRequest> request = ParseRegexRequest(argc, argv);
  if (!request.ok()) return Fail(kUsage, request.status());
  if (request->text.empty()) {
    const RealClock clock;
    const absl::Status status =
        RunRegex(*request, {.in = std::cin,
                            .out = std::cout,
                            .notes = std::cerr,
                            .clock = clock,
                            .zone = LocalZone(),
                            .terminal = StandardError(*request)});
    if (!status.ok()) return Fail(kFailed, status);
  } else {
    std::cout << request->text;
  }
  if (std::cout.flush()) return EXIT_SUCCESS;
  return Fail(kFailed, absl::DataLossError("the output cannot be written"));
}

}  // namespace
}  // namespace mxban::ctl

int main(int argc, char** argv) { return mxban::ctl::Main(argc, argv); }
