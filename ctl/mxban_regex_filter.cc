#include "ctl/mxban_regex_filter.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "ctl/mxban_regex_path.h"
#include "filter/option_list.h"

namespace mxban::ctl {
namespace {

constexpr absl::string_view kConf = ".conf";

absl::StatusOr<FilterReading> ReadValues(
    const absl::StatusOr<FilterValues>& values) {
  if (!values.ok()) return values.status();
  return ReadFilter(*values);
}

// The file at `path` and, if it is called like a filter, what belongs to it.
absl::StatusOr<FilterReading> ReadFilterAt(const std::filesystem::path& path,
                                           const GivenValues& options) {
  if (path.extension() != std::string(kConf)) {
    return ReadValues(LoadFilterFile(path.string(), options));
  }
  const std::string directory = path.parent_path().string();
  return ReadValues(LoadFilterValues(directory.empty() ? "." : directory,
                                     path.stem().string(), options));
}

FilterReading OneRegex(const std::string& regex) {
  return {.filter = {.fail_regexes = {regex}}};
}

// `name` as it is called in a filter directory: people add `.conf`.
std::string WithoutConf(absl::string_view name) {
  return std::string(absl::StripSuffix(name, kConf));
}

// What FILTER means, `options` being those of its brackets and of --option.
absl::StatusOr<FilterReading> ReadNamed(const RegexRequest& request,
                                        const std::string& name,
                                        const GivenValues& options) {
  const std::string filter = WithoutConf(name);
  const std::string base = absl::StrCat(request.filter_dir, "/", filter);
  if (LooksLikeName(name) &&
      (IsFile(base + ".conf") || IsFile(base + ".local"))) {
    return ReadValues(LoadFilterValues(request.filter_dir, filter, options));
  }
  if (IsFile(name)) return ReadFilterAt(name, options);
  if (LooksLikeName(name) || LooksLikePath(name)) {
    return absl::NotFoundError(absl::StrCat(
        "there is no file ", name,
        LooksLikeName(name) ? absl::StrCat(" and no ", base, kConf) : ""));
  }
  return OneRegex(request.filter);
}

void Override(const RegexRequest& request, const GivenValues& options,
              Filter& filter) {
  if (!request.ignore_regex.empty()) {
    filter.ignore_regexes.push_back(request.ignore_regex);
  }
  if (request.date_pattern) {
    filter.date_patterns =
        absl::StrSplit(*request.date_pattern, '\n', absl::SkipWhitespace());
  }
  if (request.time_zone) filter.time_zone = *request.time_zone;
  if (request.max_lines) filter.max_lines = *request.max_lines;
  if (request.use_names) filter.use_names = *request.use_names;
  // Bare messages of the journal have no stamp, even if they look like it.
  const auto logtype = options.find("logtype");
  if (logtype != options.end() && logtype->second == "journal") {
    filter.date_patterns = {"{NONE}"};
  }
}

}  // namespace

absl::StatusOr<FilterReading> FindFilter(const RegexRequest& request) {
  // What is no name with options may still be a regex.
  const absl::StatusOr<OptionItem> item = ParseOptionItem(request.filter);
  const std::string name = item.ok() ? item->name : request.filter;
  GivenValues options = item.ok() ? item->options : GivenValues();
  for (const auto& [key, value] : request.options) options[key] = value;
  ASSIGN_OR_RETURN(FilterReading reading, ReadNamed(request, name, options));
  Override(request, options, reading.filter);
  return reading;
}

}  // namespace mxban::ctl
