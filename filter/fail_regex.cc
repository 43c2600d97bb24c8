#include "filter/fail_regex.h"

#include <algorithm>
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

constexpr absl::string_view kPartNames[FailRegex::kParts] = {
    "fid", "ip4", "ip6", "dns", "cidr", "content"};

// Groups that change what a failure is, by joining lines or captures.
constexpr absl::string_view kNotYet[] = {"mlfid", "nofail", "mlfforget",
                                         "mlfgained"};

// `<F-PORT>` names the group `fport`, `<F-USER>` the group `user`.
std::string GroupNameOf(absl::string_view tag_name) {
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToLower(tag_name), {{"-", "_"}});
  return name == "id" || name == "port" ? "f" + name : name;
}

absl::Status NotSupported(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " is not supported yet"));
}

absl::Status CheckGroup(absl::string_view name) {
  if (absl::c_linear_search(kNotYet, name)) {
    return NotSupported(absl::StrCat("<F-", absl::AsciiStrToUpper(name), ">"));
  }
  for (const absl::string_view prefix : {"tuple_", "alt_"}) {
    absl::string_view target = name;
    if (!absl::ConsumePrefix(&target, prefix)) continue;
    for (const absl::string_view part : kPartNames) {
      if (absl::StartsWith(target, part) || absl::StartsWith(target, "id")) {
        return NotSupported(
            absl::StrCat("<F-", absl::AsciiStrToUpper(name), ">"));
      }
    }
  }
  return absl::OkStatus();
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
    if (absl::StartsWith(rest_, "<SKIPLINES>")) {
      return NotSupported("<SKIPLINES>");
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
      if (absl::EndsWith(name, "/") &&
          IsTagName(name.substr(0, name.size() - 1))) {
        return absl::InvalidArgumentError(absl::StrCat("unknown tag ", tag));
      }
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
  absl::flat_hash_set<std::string> opened_;
};

}  // namespace

absl::StatusOr<std::string> ExpandCaptureTags(absl::string_view expression,
                                              bool use_names) {
  return TagExpander(expression, use_names).Expand();
}

absl::StatusOr<FailRegex> FailRegex::Compile(absl::string_view expression,
                                             bool use_names) {
  if (absl::StripAsciiWhitespace(expression).empty()) {
    return absl::InvalidArgumentError("the expression is empty");
  }
  ASSIGN_OR_RETURN(const std::string pattern,
                   ExpandCaptureTags(expression, use_names));
  ASSIGN_OR_RETURN(Regex regex, Regex::Compile(pattern));
  for (const std::string& name : regex.GroupNames()) {
    RETURN_IF_ERROR(CheckGroup(name));
  }
  return FailRegex(std::move(regex));
}

FailRegex::FailRegex(Regex regex) : regex_(std::move(regex)) {
  for (int part = 0; part < kParts; ++part) {
    groups_[part] = regex_.GroupNumber(kPartNames[part]);
  }
}

bool FailRegex::CapturesFailureId() const {
  return groups_[kId] > 0 || groups_[kIp4] > 0 || groups_[kIp6] > 0 ||
         groups_[kDns] > 0;
}

}  // namespace mxban
