#include "filter/fail_regex.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// The exact texts of the language.
#define MXBAN_IP4 R"((?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3}))"
#define MXBAN_IP6                             \
  R"((?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7})" \
  R"((?:[0-9a-fA-F]{1,4}|(?<=:):)))"
#define MXBAN_DNS R"((?P<dns>[\w\-.^_]*\w))"
#define MXBAN_CIDR R"((?P<cidr>\d+))"
#define MXBAN_IP "(?:" MXBAN_IP4 "|" MXBAN_IP6 ")"
#define MXBAN_ADDR R"(\[?)" MXBAN_IP R"(\]?)"

struct Tag {
  absl::string_view tag;
  absl::string_view group;
};

constexpr Tag kTags[] = {
    {"<HOST>", "(?:" MXBAN_ADDR "|" MXBAN_DNS ")"},
    {"<ADDR>", MXBAN_ADDR},
    {"<F-ADDR/>", MXBAN_ADDR},
    {"<IP4>", MXBAN_IP4},
    {"<F-IP4/>", MXBAN_IP4},
    {"<IP6>", MXBAN_IP6},
    {"<F-IP6/>", MXBAN_IP6},
    {"<DNS>", MXBAN_DNS},
    {"<F-DNS/>", MXBAN_DNS},
    {"<CIDR>", MXBAN_CIDR},
    {"<F-CIDR/>", MXBAN_CIDR},
    {"<SUBNET>", R"(\[?)" MXBAN_IP "(?:/" MXBAN_CIDR R"()?\]?)"},
    {"<F-SUBNET/>", R"(\[?)" MXBAN_IP "(?:/" MXBAN_CIDR R"()?\]?)"},
    {"<F-ID/>", R"((?P<fid>\S+))"},
    {"<F-PORT/>", R"((?P<fport>\w+))"},
};

#undef MXBAN_ADDR
#undef MXBAN_IP
#undef MXBAN_CIDR
#undef MXBAN_DNS
#undef MXBAN_IP6
#undef MXBAN_IP4

// The group of each FailRegex::Part.
constexpr absl::string_view kPartNames[FailRegex::kParts] = {
    "fid",  "ip4",   "ip6",    "dns",       "cidr",      "content",
    "user", "mlfid", "nofail", "mlfforget", "mlfgained", "repeated"};

constexpr absl::string_view kSkipLines = "<SKIPLINES>";
constexpr absl::string_view kSkipGroup = "skiplines";

// `<F-PORT>` names the group `fport`, `<F-USER>` the group `user`.
std::string GroupNameOf(absl::string_view tag_name) {
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToLower(tag_name), {{"-", "_"}});
  return name == "id" || name == "port" ? "f" + name : name;
}

// The part that `alt_user_1` or `tuple_id` contributes to; -1 if none.
int PartOf(absl::string_view name) {
  while (!name.empty() && absl::ascii_isdigit(name.back())) {
    name.remove_suffix(1);
  }
  absl::ConsumeSuffix(&name, "_");
  const std::string group = GroupNameOf(name);
  const auto found = absl::c_find(kPartNames, group);
  return found == std::end(kPartNames) ? -1 : found - std::begin(kPartNames);
}

class TagExpander {
 public:
  TagExpander(absl::string_view expression, bool use_names)
      : rest_(expression), use_names_(use_names) {}

  absl::StatusOr<std::string> Expand() {
    while (!rest_.empty()) {
      const size_t open = std::min(rest_.find('<'), rest_.size());
      Copy(open);
      if (rest_.empty()) break;
      RETURN_IF_ERROR(ExpandTag());
    }
    return std::move(result_);
  }

 private:
  void Copy(size_t length) {
    absl::StrAppend(&result_, rest_.substr(0, length));
    rest_.remove_prefix(length);
  }

  void Replace(size_t length, absl::string_view group) {
    absl::StrAppend(&result_, group);
    rest_.remove_prefix(length);
  }

  absl::Status ExpandTag() {
    for (const Tag& tag : kTags) {
      if (!absl::StartsWith(rest_, tag.tag)) continue;
      const bool only_addresses = tag.tag == "<HOST>" && !use_names_;
      Replace(tag.tag.size(), only_addresses ? kTags[1].group : tag.group);
      return absl::OkStatus();
    }
    if (absl::StartsWith(rest_, kSkipLines)) {
      Replace(kSkipLines.size(),
              absl::StrCat("\\n(?P<", kSkipGroup, skips_++, R"(>(?:.*\n)*?))"));
      return absl::OkStatus();
    }
    const size_t end = rest_.find('>');
    const absl::string_view tag =
        end == absl::string_view::npos ? "" : rest_.substr(0, end + 1);
    if (absl::StartsWith(tag, "<F-")) return Open(tag);
    if (absl::StartsWith(tag, "</F-")) return Close(tag);
    Copy(1);
    return absl::OkStatus();
  }

  static bool IsTagName(absl::string_view name) {
    return !name.empty() && absl::c_all_of(name, [](char c) {
      return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_' ||
             c == '-';
    });
  }

  absl::Status Open(absl::string_view tag) {
    const absl::string_view name = tag.substr(3, tag.size() - 4);
    if (!IsTagName(name)) {
      Copy(1);
      return absl::OkStatus();
    }
    opened_.insert(std::string(name));
    Replace(tag.size(), absl::StrCat("(?P<", GroupNameOf(name), ">"));
    return absl::OkStatus();
  }

  absl::Status Close(absl::string_view tag) {
    if (opened_.contains(tag.substr(4, tag.size() - 5))) {
      Replace(tag.size(), ")");
    } else {
      Copy(1);
    }
    return absl::OkStatus();
  }

  absl::string_view rest_;
  const bool use_names_;
  std::string result_;
  int skips_ = 0;
  absl::flat_hash_set<std::string> opened_;
};

}  // namespace

absl::StatusOr<std::string> ExpandCaptureTags(absl::string_view expression,
                                              bool use_names) {
  return TagExpander(expression, use_names).Expand();
}

absl::StatusOr<FailRegex> FailRegex::Compile(absl::string_view expression,
                                             const Options& options) {
  if (absl::StripAsciiWhitespace(expression).empty()) {
    return absl::InvalidArgumentError("the expression is empty");
  }
  ASSIGN_OR_RETURN(const std::string pattern,
                   ExpandCaptureTags(expression, options.use_names));
  ASSIGN_OR_RETURN(Regex regex, Regex::Compile(pattern, options.anchors));
  return FailRegex(std::move(regex));
}

FailRegex::FailRegex(Regex regex) : regex_(std::move(regex)) {
  for (int part = 0; part < kParts; ++part) {
    groups_[part].own = regex_.GroupNumber(kPartNames[part]);
  }
  for (const std::string& name : regex_.GroupNames()) {  // By name.
    const int number = regex_.GroupNumber(name);
    absl::string_view part = name;
    if (absl::ConsumePrefix(&part, "alt_") && PartOf(part) >= 0) {
      groups_[PartOf(part)].alternatives.push_back(number);
    } else if (absl::ConsumePrefix(&part, "tuple_") && PartOf(part) >= 0) {
      groups_[PartOf(part)].tuple.push_back(number);
    } else if (absl::StartsWith(name, kSkipGroup)) {
      skip_groups_.push_back(number);
    }
  }
  for (Groups& groups : groups_) {
    groups.is_there =
        groups.own > 0 || !groups.alternatives.empty() || !groups.tuple.empty();
  }
}

bool FailRegex::CapturesFailureId() const {
  return Captures(kId) || Captures(kIp4) || Captures(kIp6) || Captures(kDns) ||
         Captures(kMlfId);
}

std::optional<absl::string_view> FailRegex::Captured(Part part,
                                                     absl::string_view text) {
  const auto text_of = [&](int group) -> std::optional<absl::string_view> {
    const Regex::Span span = regex_.Group(group);
    if (!span.is_set()) return std::nullopt;
    return text.substr(span.begin, span.end - span.begin);
  };
  Groups& groups = groups_[part];
  std::optional<absl::string_view> captured = text_of(groups.own);
  if (!groups.tuple.empty()) {
    groups.tuple_text = std::string(captured.value_or(""));
    for (const int group : groups.tuple) {
      if (!groups.tuple_text.empty()) groups.tuple_text += ' ';
      absl::StrAppend(&groups.tuple_text, text_of(group).value_or(""));
    }
    return groups.tuple_text;
  }
  for (const int group : groups.alternatives) {
    if (captured && !captured->empty()) break;
    if (const auto alternative = text_of(group)) captured = alternative;
  }
  return captured;
}

std::vector<Regex::Span> FailRegex::SkippedLines() const {
  std::vector<Regex::Span> skipped;
  for (const int group : skip_groups_) {
    const Regex::Span span = regex_.Group(group);
    if (span.is_set() && span.begin < span.end) skipped.push_back(span);
  }
  return skipped;
}

}  // namespace mxban
