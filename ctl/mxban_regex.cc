// mxban-regex: tries a filter on a log. Everything is in mxban_regex_run.h.

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_split.h"
#include "ctl/mxban_regex_request.h"
#include "ctl/mxban_regex_run.h"
#include "ctl/printable.h"
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

int Main(int argc, char** argv) {
  const absl::StatusOr<RegexRequest> request = ParseRegexRequest(argc, argv);
  if (!request.ok()) return Fail(kUsage, request.status());
  if (request->text.empty()) {
    const absl::Status status =
        RunRegex(*request, LocalZone(),
                 {.in = std::cin, .out = std::cout, .notes = std::cerr});
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
