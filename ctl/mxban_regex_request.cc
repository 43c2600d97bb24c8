#include "ctl/mxban_regex_request.h"

#include <cmath>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "common/version.h"

namespace mxban::ctl {
namespace {

constexpr uint32_t kMostLines = 1000;

constexpr char kFooter[] = R"(Examples:
  mxban-regex /var/log/mail.log sendmail-auth
  mxban-regex /var/log/mail.log 'sendmail-auth[mode=aggressive]'
  mxban-regex --print-missed mail.log ./filter.d/mine.conf
  mxban-regex 'Nov 23 08:40:11 mx1 x: bad [192.0.2.1]' 'bad \[<HOST>\]$'
  zcat mail.log.2.gz | mxban-regex - sendmail-auth
  journalctl -o cat -t sm-mta |
    mxban-regex --option logtype=journal - sendmail-auth

--json prints one object for every failure and nothing else:
  {"line":1,"host":"192.0.2.1","time":1795423211.0,"failid":"192.0.2.1"}
Stamps without a year or a zone are read by TZ and --now. With logtype=journal,
lines are bare messages without a stamp. Empty lines and those that begin with #
are skipped. Warnings about expressions go to standard error.

Exit codes: 0 done, 1 failed, 2 wrong usage.)";

// As typed, before it is understood.
struct RawText {
  std::vector<std::string> options;
  std::vector<std::string> date_patterns;
  std::string use_dns;
  std::optional<double> now;
  bool no_missed = false;
  bool no_ignored = false;
};

void AddPositionals(CLI::App& app, RegexRequest& request) {
  app.add_option("LOG", request.log, "A file, a line, or - for standard input")
      ->required()
      ->type_name("");
  app.add_option("FILTER", request.filter,
                 "The name of a filter or a file, perhaps with [options]; or a "
                 "regex")
      ->required()
      ->type_name("");
  app.add_option("IGNOREREGEX", request.ignore_regex,
                 "A regex of lines that do not count")
      ->type_name("");
}

void AddFilterOptions(CLI::App& app, RegexRequest& request, RawText& raw) {
  constexpr char kGroup[] = "The filter";
  app.add_option("--filter-dir", request.filter_dir, "Where filters are")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(kGroup);
  app.add_option("--option", raw.options,
                 "An option of the filter; may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE")
      ->group(kGroup);
  app.add_option("-d,--datepattern", raw.date_patterns,
                 "How stamps look, instead of the filter's; may be repeated")
      ->allow_extra_args(false)
      ->type_name("PATTERN")
      ->group(kGroup);
  app.add_option("-L,--maxlines", request.max_lines,
                 "How many lines an expression sees at once")
      ->check(CLI::Range(1u, kMostLines).description(""))
      ->type_name("N")
      ->group(kGroup);
  app.add_option("--usedns", raw.use_dns, "Whether <HOST> takes names, too")
      ->check(CLI::IsMember({"yes", "warn", "raw", "no"}).description(""))
      ->type_name("yes|warn|raw|no")
      ->group(kGroup);
  app.add_option("--logtimezone,--timezone", request.time_zone,
                 "The zone of stamps without one, as UTC+0200 or CET")
      ->type_name("ZONE")
      ->group(kGroup);
  app.add_option("--now", raw.now, "The present, since 1970")
      ->type_name("SECONDS")
      ->group(kGroup);
}

void AddOutputOptions(CLI::App& app, RegexRequest& request, RawText& raw) {
  constexpr char kGroup[] = "Output";
  app.add_flag("--json", request.json, "One JSON object per failure")
      ->group(kGroup);
  app.add_flag("--print-matched,--print-all-matched", request.print_matched,
               "Print every line that an expression hits")
      ->group(kGroup);
  app.add_flag("--print-missed,--print-all-missed", request.print_missed,
               "Print every line that none hits")
      ->group(kGroup);
  app.add_flag("--print-ignored,--print-all-ignored", request.print_ignored,
               "Print every line that an ignoreregex takes out")
      ->group(kGroup);
  app.add_flag("--print-no-missed", raw.no_missed,
               "Do not list the first missed lines at the end")
      ->group(kGroup);
  app.add_flag("--print-no-ignored", raw.no_ignored,
               "Do not list the first ignored lines at the end")
      ->group(kGroup);
}

absl::Status ReadOption(const std::string& option, GivenValues& options) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(option, absl::MaxSplits('=', 1));
  if (parts.first.empty() || parts.first == option) {
    return absl::InvalidArgumentError(
        absl::StrCat("--option ", option, " is not KEY=VALUE"));
  }
  options[absl::AsciiStrToLower(parts.first)] = parts.second;
  return absl::OkStatus();
}

absl::Status ReadRawText(const RawText& raw, RegexRequest& request) {
  for (const std::string& option : raw.options) {
    RETURN_IF_ERROR(ReadOption(option, request.options));
  }
  if (!raw.date_patterns.empty()) {
    request.date_pattern = absl::StrJoin(raw.date_patterns, "\n");
  }
  request.list_missed = !raw.no_missed;
  request.list_ignored = !raw.no_ignored;
  if (!raw.use_dns.empty()) request.use_names = raw.use_dns != "no";
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
  AddPositionals(app, request);
  AddFilterOptions(app, request, raw);
  AddOutputOptions(app, request, raw);
  app.set_version_flag("-V,--version", absl::StrCat("mxban-regex ", kVersion));
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(kFooter);
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
