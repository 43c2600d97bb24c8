#ifndef MXBAN_FILTER_FAIL_REGEX_H_
#define MXBAN_FILTER_FAIL_REGEX_H_

// Expressions with Fail2Ban's capture tags: what `failregex`, `prefregex` and
// `ignoreregex` consist of.
//
//   <HOST>                 an address or a host name
//   <ADDR> <IP4> <IP6>     an address, also in brackets; just one family
//   <DNS>                  a host name
//   <CIDR> <SUBNET>        a prefix length; an address with one
//   <F-ID/> <F-PORT/>      what to count if not the address; a port
//   <F-NAME>...</F-NAME>   the text of the part in between
//
// Understood on single lines only so far: what joins lines (`<SKIPLINES>`,
// `<F-MLFID>`, `<F-NOFAIL>` ...) is refused. Thread-compatible; movable.

#include <array>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/regex.h"

namespace mxban {

class FailRegex {
 public:
  // The groups that say who it was.
  enum Part { kId, kIp4, kIp6, kDns, kCidr, kContent };
  static constexpr int kParts = 6;

  // INVALID_ARGUMENT if `expression` is empty, does not compile, or joins
  // lines. Unless `use_names`, `<HOST>` takes addresses only.
  static absl::StatusOr<FailRegex> Compile(absl::string_view expression,
                                           bool use_names);

  // Whether a match can say who it was.
  bool CapturesFailureId() const;

  Regex::Verdict Search(absl::string_view text) { return regex_.Search(text); }

  // Of the last search, which must have been a match.
  Regex::Span Captured(Part part) const { return regex_.Group(groups_[part]); }

 private:
  explicit FailRegex(Regex regex);

  Regex regex_;
  std::array<int, kParts> groups_;
};

// `expression` with each capture tag replaced by its group; INVALID_ARGUMENT
// names a tag that is not understood.
absl::StatusOr<std::string> ExpandCaptureTags(absl::string_view expression,
                                              bool use_names);

}  // namespace mxban

#endif  // MXBAN_FILTER_FAIL_REGEX_H_
