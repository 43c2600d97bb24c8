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
//   <SKIPLINES>            the end of the line, and as few lines as possible
//
// Of the names those of `Part` have a meaning. `<F-ALT_NAME>` stands in for an
// empty NAME; several `<F-TUPLE_NAME_1>` make NAME of all their texts.
//
// Thread-compatible; movable.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/regex.h"

namespace mxban {

class FailRegex {
 public:
  enum Part {
    kId,       // What to count, if not the address.
    kIp4,      // The three kinds of host.
    kIp6,      //
    kDns,      //
    kCidr,     // The length of a prefix.
    kContent,  // Of `prefregex`: all that the others see.
    kUser,
    kMlfId,       // What the lines of one session have in common.
    kNoFail,      // This line is no failure.
    kMlfForget,   // The session ends.
    kMlfGained,   // The session succeeded.
    kRepetition,  // `<F-REPEATED>`, mxban's own: so many failures in one line.
  };
  static constexpr int kParts = 12;

  struct Options {
    // Whether `<HOST>` takes names, too.
    bool use_names = true;
    // Whether `^` and `$` are those of each line.
    Regex::Anchors anchors = Regex::Anchors::kText;
  };

  // INVALID_ARGUMENT if `expression` is empty or does not compile.
  static absl::StatusOr<FailRegex> Compile(absl::string_view expression,
                                           const Options& options);

  // Whether a match can capture `part`.
  bool Captures(Part part) const { return groups_[part].is_there; }

  // Whether a match can say who it was, now or in a later line.
  bool CapturesFailureId() const;

  // Every match contains one of these, if there are any.
  std::vector<Literal> literals() const { return regex_.literals(); }

  Regex::Verdict Search(absl::string_view text) { return regex_.Search(text); }

  // All that the last search matched, which must have been a match.
  Regex::Span Match() const { return regex_.Group(0); }

  // What `part` captured of `text`, the subject of the last search; nullopt if
  // it took no part. Valid until the next search.
  std::optional<absl::string_view> Captured(Part part, absl::string_view text);

  // Which parts of the subject `<SKIPLINES>` passed over.
  std::vector<Regex::Span> SkippedLines() const;

 private:
  // The groups that give one part.
  struct Groups {
    bool is_there = false;
    int own = -1;
    std::vector<int> alternatives;
    std::vector<int> tuple;
    std::string tuple_text;  // Of the last call.
  };

  explicit FailRegex(Regex regex);

  Regex regex_;
  std::array<Groups, kParts> groups_;
  std::vector<int> skip_groups_;
};

// `expression` with each capture tag replaced by its group; INVALID_ARGUMENT
// names a tag that is not understood.
absl::StatusOr<std::string> ExpandCaptureTags(absl::string_view expression,
                                              bool use_names);

}  // namespace mxban

#endif  // MXBAN_FILTER_FAIL_REGEX_H_
