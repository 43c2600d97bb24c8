#include "filter/filter_regexes.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "filter/default_templates.h"

namespace mxban {
namespace {

absl::StatusOr<NamedRegex> CompileOne(std::string name,
                                      absl::string_view expression,
                                      const FailRegex::Options& options) {
  absl::StatusOr<FailRegex> regex = FailRegex::Compile(expression, options);
  if (!regex.ok()) {
    return absl::Status(regex.status().code(),
                        absl::StrCat(name, ": ", regex.status().message()));
  }
  return NamedRegex{std::move(name), *std::move(regex)};
}

absl::StatusOr<std::vector<NamedRegex>> CompileAll(
    const std::vector<std::string>& expressions, absl::string_view option,
    const FailRegex::Options& options) {
  std::vector<NamedRegex> compiled;
  for (const std::string& expression : expressions) {
    ASSIGN_OR_RETURN(NamedRegex regex,
                     CompileOne(absl::StrCat(option, " ", compiled.size() + 1),
                                expression, options));
    compiled.push_back(std::move(regex));
  }
  return compiled;
}

// Every failregex, or else the prefix, must say who it was.
absl::Status CheckFailureIds(const FilterRegexes& regexes) {
  if (regexes.fail.empty()) {
    return absl::InvalidArgumentError("there is no failregex");
  }
  if (regexes.prefix && regexes.prefix->regex.CapturesFailureId()) {
    return absl::OkStatus();
  }
  for (const NamedRegex& regex : regexes.fail) {
    if (regex.regex.CapturesFailureId()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        regex.name, ": captures no failure id; <HOST> is the usual one"));
  }
  return absl::OkStatus();
}

// Every successregex, with the prefix, must say who was right, and where.
absl::Status CheckRightLogins(const FilterRegexes& regexes) {
  const auto captures = [&](const NamedRegex& regex, FailRegex::Part part) {
    return regex.regex.Captures(part) ||
           (regexes.prefix && regexes.prefix->regex.Captures(part));
  };
  for (const NamedRegex& regex : regexes.success) {
    if (!captures(regex, FailRegex::kIp4) &&
        !captures(regex, FailRegex::kIp6)) {
      return absl::InvalidArgumentError(absl::StrCat(
          regex.name, ": captures no address; <ADDR> is the usual one"));
    }
    if (!captures(regex, FailRegex::kUser)) {
      return absl::InvalidArgumentError(absl::StrCat(
          regex.name, ": captures no user, as <F-USER>\\S+</F-USER> does"));
    }
  }
  return absl::OkStatus();
}

LineRequirements RequirementsOf(const Filter& filter,
                                const FilterRegexes& regexes) {
  LineRequirements required;
  required.are_for_each_line =
      filter.max_lines > 1 ||
      !absl::c_all_of(filter.date_patterns, IsOfTemplates);
  if (regexes.prefix) required.prefix = regexes.prefix->regex.literals();
  for (const auto* expressions : {&regexes.fail, &regexes.success}) {
    for (const NamedRegex& regex : *expressions) {
      required.expressions.push_back(regex.regex.literals());
    }
  }
  return required;
}

}  // namespace

absl::StatusOr<FilterRegexes> FilterRegexes::Compile(const Filter& filter) {
  FilterRegexes regexes;
  FailRegex::Options options{.use_names = filter.use_names};
  if (!filter.prefix_regex.empty()) {
    ASSIGN_OR_RETURN(regexes.prefix,
                     CompileOne("prefregex", filter.prefix_regex, options));
  }
  ASSIGN_OR_RETURN(regexes.ignore,
                   CompileAll(filter.ignore_regexes, "ignoreregex", options));
  // Only failregexes and successregexes see the lines of several as lines.
  if (filter.max_lines > 1) options.anchors = Regex::Anchors::kLines;
  ASSIGN_OR_RETURN(regexes.fail,
                   CompileAll(filter.fail_regexes, "failregex", options));
  RETURN_IF_ERROR(CheckFailureIds(regexes));
  ASSIGN_OR_RETURN(regexes.success,
                   CompileAll(filter.success_regexes, "successregex", options));
  RETURN_IF_ERROR(CheckRightLogins(regexes));
  regexes.required = RequirementsOf(filter, regexes);
  return regexes;
}

}  // namespace mxban
