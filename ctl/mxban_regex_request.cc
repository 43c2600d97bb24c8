#include "ctl/mxban_regex_request.h"

#include <cmath>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "common/version.h"

namespace mxban::ctl {
namespace {

constexpr char kFooter[] = R"(
LOG is a file, a line, or - for standard input. FILTER is the name of a file in
the filter directory, with or without options in brackets, a file, or a regular
expression:

  mxban-regex /var/log/mail.log sendmail-auth
  mxban-regex /var/log/mail.log 'sendmail-auth[logtype=journal]'
  mxban-regex 'Nov 23 08:40:11 mx1 x: bad [192.0.2.1]' 'bad \[<HOST>\]$'

--json prints one object for every failure. Stamps without a year or a zone are
read by TZ and --now.)";

// As typed, before it is understood.
struct RawText {
  std::vector<std::string> options;
  std::optional<double> now;
};

void AddOptions(CLI::App& app, RegexRequest& request, RawText& raw) {
  app.add_option("LOG", request.log, "What to read")->required();
  app.add_option("FILTER", request.filter, "What to look for")->required();
  app.add_flag("--json", request.json, "One JSON object per failure");
  app.add_option("--filter-dir", request.filter_dir, "Where filters are")
      ->capture_default_str();
  app.add_option("--option", raw.options, "An option of the filter, KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--now", raw.now, "The present, in seconds since 1970");
  app.add_flag("--print-missed", request.print_missed,
               "Print the lines that tell no failure");
  app.set_version_flag("--version", absl::StrCat("mxban-regex ", kVersion));
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(kFooter);
}

absl::Status ReadRawText(const RawText& raw, RegexRequest& request) {
  for (const std::string& option : raw.options) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(option, absl::MaxSplits('=', 1));
    if (parts.first.empty() || parts.first == option) {
      return absl::InvalidArgumentError(
          absl::StrCat("--option ", option, " is not KEY=VALUE"));
    }
    request.options[absl::AsciiStrToLower(parts.first)] = parts.second;
  }
  if (!raw.now) return absl::OkStatus();
  if (!(std::abs(*raw.now) < 1e11)) {
    return absl::InvalidArgumentError("--now is no time");
  }
  request.now = absl::UnixEpoch() + absl::Seconds(*raw.now);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RegexRequest> ParseRegexRequest(int argc,
                                               const char* const* argv) {
  RegexRequest request;
  RawText raw;
  CLI::App app("Tries a filter on a log.", "mxban-regex");
  AddOptions(app, request, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    request.text = app.help();
    return request;
  } catch (const CLI::CallForVersion& version) {
    request.text = absl::StrCat(version.what(), "\n");
    return request;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  RETURN_IF_ERROR(ReadRawText(raw, request));
  return request;
}

}  // namespace mxban::ctl
