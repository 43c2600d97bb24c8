#include "ctl/mxban_regex_run.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/ip_network.h"
#include "common/status_macros.h"
#include "ctl/printable.h"
#include "filter/failure_matcher.h"
#include "filter/filter_definition.h"
#include "filter/option_list.h"
#include "nlohmann/json.hpp"

namespace mxban::ctl {
namespace {

bool IsFile(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) ||
         std::filesystem::is_fifo(path, ignored);
}

// Whether `text` can only be meant as a path or a name.
bool LooksLikePath(absl::string_view text) {
  return (absl::StartsWith(text, "/") || absl::StartsWith(text, "./")) &&
         text.find_first_of(" \t\\(<*[") == absl::string_view::npos;
}

bool LooksLikeName(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_' && c != '.') {
      return false;
    }
  }
  return true;
}

absl::StatusOr<FilterReading> ReadValues(
    const absl::StatusOr<FilterValues>& values) {
  if (!values.ok()) return values.status();
  return ReadFilter(*values);
}

FilterReading OneRegex(const std::string& regex) {
  return {.filter = {.fail_regexes = {regex}}};
}

// Finds out what FILTER means.
absl::StatusOr<FilterReading> FindFilter(const RegexRequest& request) {
  const absl::StatusOr<OptionItem> item = ParseOptionItem(request.filter);
  if (!item.ok()) return OneRegex(request.filter);
  GivenValues options = item->options;
  for (const auto& [key, value] : request.options) options[key] = value;
  if (IsFile(item->name)) {
    return ReadValues(LoadFilterFile(item->name, options));
  }
  const std::string base = absl::StrCat(request.filter_dir, "/", item->name);
  if (LooksLikeName(item->name) &&
      (IsFile(base + ".conf") || IsFile(base + ".local"))) {
    return ReadValues(
        LoadFilterValues(request.filter_dir, item->name, options));
  }
  if (LooksLikeName(request.filter) || LooksLikePath(request.filter)) {
    return absl::NotFoundError(absl::StrCat("there is no file ", request.filter,
                                            " and no ", base, ".conf"));
  }
  return OneRegex(request.filter);
}

// What is counted: an address with its prefix length, where one was captured.
std::string FailureIdOf(const FailureMatcher::Result& result) {
  const std::string id(result.failure_id);
  if (result.prefix_length.empty() || result.failure_id != result.host) {
    return id;
  }
  const auto network =
      IpNetwork::Parse(absl::StrCat(id, "/", result.prefix_length));
  return network.ok() ? network->ToString() : id;
}

class Run {
 public:
  Run(const RegexRequest& request, FailureMatcher matcher,
      const RegexStreams& streams)
      : request_(request), matcher_(std::move(matcher)), streams_(streams) {}

  void ReadAll(std::istream& log) {
    for (std::string line; std::getline(log, line);) Read(line);
  }

  // The summary, for eyes.
  void Report(const Filter& filter) {
    const FailureMatcher::Counters& counters = matcher_.counters();
    streams_.out << "Lines: " << counters.lines
                 << ", matched: " << counters.failures
                 << ", missed: " << counters.missed
                 << ", ignored: " << counters.ignored
                 << ", given up: " << counters.limit_hits << "\n\nFailregex:\n";
    for (size_t i = 0; i < filter.fail_regexes.size(); ++i) {
      streams_.out << "  " << matcher_.regex_hits()[i] << "  "
                   << Printable(filter.fail_regexes[i]) << "\n";
    }
    streams_.out << "\nTime stamps:\n";
    for (const auto& [name, lines] : matcher_.stamp_counts()) {
      if (lines > 0) streams_.out << "  " << lines << "  " << name << "\n";
    }
  }

 private:
  using Outcome = FailureMatcher::Outcome;

  void Read(const std::string& line) {
    ++line_number_;
    const absl::Time now = request_.now.value_or(absl::Now());
    const FailureMatcher::Result result = matcher_.Match(line, now);
    if (result.outcome == Outcome::kFailure) {
      if (request_.json) PrintFailure(result);
    } else if (request_.print_missed && result.outcome != Outcome::kIgnored) {
      std::ostream& stream = request_.json ? streams_.notes : streams_.out;
      stream << "missed " << line_number_ << ": "
             << Printable(absl::string_view(line).substr(0, 4096)) << "\n";
    }
  }

  void PrintFailure(const FailureMatcher::Result& result) {
    nlohmann::ordered_json object;
    object["line"] = line_number_;
    object["host"] = nullptr;
    if (!result.host.empty()) object["host"] = std::string(result.host);
    object["time"] = nullptr;
    if (result.time) {
      object["time"] = static_cast<double>(absl::ToUnixSeconds(*result.time));
    }
    object["failid"] = FailureIdOf(result);
    streams_.out << object.dump(-1, ' ', /*ensure_ascii=*/false,
                                nlohmann::json::error_handler_t::replace)
                 << "\n";
  }

  const RegexRequest& request_;
  FailureMatcher matcher_;
  const RegexStreams& streams_;
  uint64_t line_number_ = 0;
};

// Calls `read` with what LOG means.
absl::Status OpenLog(const RegexRequest& request, std::istream& standard_input,
                     const std::function<void(std::istream&)>& read) {
  if (request.log == "-") {
    read(standard_input);
  } else if (IsFile(request.log)) {
    std::ifstream file(request.log, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(absl::StrCat(request.log, ": cannot be read"));
    }
    read(file);
  } else if (LooksLikePath(request.log)) {
    return absl::NotFoundError(absl::StrCat("there is no log ", request.log));
  } else {
    std::istringstream line(request.log);
    read(line);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunRegex(const RegexRequest& request, absl::TimeZone zone,
                      const RegexStreams& streams) {
  ASSIGN_OR_RETURN(FilterReading reading, FindFilter(request));
  for (const std::string& note : reading.notes) {
    streams.notes << "note: " << note << "\n";
  }
  // Bare messages of the journal have no stamp, even if they look like it.
  const auto logtype = request.options.find("logtype");
  if (logtype != request.options.end() && logtype->second == "journal") {
    reading.filter.date_patterns = {"{NONE}"};
  }
  ASSIGN_OR_RETURN(
      FailureMatcher matcher,
      FailureMatcher::Compile(reading.filter, {.time_zone = zone}));
  Run run(request, std::move(matcher), streams);
  RETURN_IF_ERROR(OpenLog(request, streams.in,
                          [&run](std::istream& log) { run.ReadAll(log); }));
  if (!request.json) run.Report(reading.filter);
  return absl::OkStatus();
}

}  // namespace mxban::ctl
