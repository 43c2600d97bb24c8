#include "filter/regex_leaks.h"

#include <cstddef>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "filter/regex_outline.h"

namespace mxban {
namespace {

using Kind = RegexToken::Kind;

// Text that only sendmail writes behind a client's address.
constexpr absl::string_view kSendmail[] = {
    "possible SMTP attack", "probable open proxy", "SMTP violation",
    "did not issue",        "AUTH failure",        "Possible SMTP RCPT flood",
};

bool IsFree(const RegexToken& token) {
  return token.kind == Kind::kDot && token.is_unbounded;
}

const RegexToken* FirstFree(const RegexOutline& tokens) {
  const auto found = absl::c_find_if(tokens, IsFree);
  return found == tokens.end() ? nullptr : &*found;
}

bool Has(const RegexOutline& tokens, Kind kind) {
  return absl::c_any_of(
      tokens, [kind](const RegexToken& token) { return token.kind == kind; });
}

// The expression around one address of it.
struct Surroundings {
  absl::string_view expression;
  RegexOutline before;
  RegexOutline behind;

  // Whether the text behind the address is held to the line's end. An anchor in
  // one of several alternatives is enough: the author thought of it.
  bool EndIsHeld() const {
    return Has(behind, Kind::kEnd) && FirstFree(behind) == nullptr;
  }
};

bool BeginIsHeld(const RegexOutline& before) {
  for (const RegexToken& token : before) {
    if (token.kind == Kind::kBegin) return true;
    const bool takes_nothing = token.kind == Kind::kOpen || token.is_optional ||
                               token.kind == Kind::kWordEdge;
    if (!takes_nothing) return false;
  }
  return false;
}

std::optional<std::string> NotHeld(const Surroundings& around) {
  if (BeginIsHeld(around.before) || around.EndIsHeld()) return std::nullopt;
  return "nothing holds it to the begin of the line, so text that an attacker "
         "gets logged can name an address of his choice; better: begin it with "
         "^ and what the program writes first, as ^%(__prefix_line)s";
}

std::optional<std::string> FreeText(const Surroundings& around) {
  const RegexToken* free = FirstFree(around.before);
  if (free == nullptr || around.EndIsHeld()) return std::nullopt;
  if (absl::StrContains(around.expression, "relay=") &&
      !absl::StrContains(around.expression, "reject=")) {
    return absl::StrCat(
        "with ", free->text,
        " before relay= and no $ behind it, a relay= that an attacker types "
        "can be taken; better, for the last one: relay=(?:\\S+ )?"
        "\\[(?:IPv6:)?<HOST>\\](?: \\(may be forged\\))?$");
  }
  return absl::StrCat(
      "of several addresses ", free->text, " takes the ",
      free->is_lazy ? "first" : "last",
      " that fits, which can be text that an attacker typed; better: say what "
      "stands there, as \\S+ or [^\"]*, or hold the end to the line's by $");
}

// Whether a match can end right behind the address, or go on with anything.
bool EndsAtOnce(const RegexOutline& behind) {
  int skipped_depth = -1;  // Of the optional group that is stepped over.
  for (const RegexToken& token : behind) {
    if (skipped_depth >= 0) {
      if (token.kind == Kind::kClose && token.depth == skipped_depth) {
        skipped_depth = -1;
      }
    } else if (token.kind == Kind::kOpen) {
      if (!token.is_optional) return false;  // Perhaps a boundary.
      skipped_depth = token.depth;
    } else if (IsFree(token)) {
      return true;
    } else if (token.kind != Kind::kClose && token.kind != Kind::kWordEdge &&
               !token.is_optional) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> CutName(const Surroundings& around) {
  if (!EndsAtOnce(around.behind)) return std::nullopt;
  return "nothing bounds the address, so 192.0.2.1 is taken out of the host "
         "name 192.0.2.1.example.org, which anybody can give to his machine; "
         "better: say what follows, as <HOST>$ or <HOST>(?:\\s|$)";
}

// sendmail's form of a client without these is `[192.0.2.1]`.
std::optional<std::string> SendmailForms(absl::string_view expression) {
  constexpr absl::string_view kBare = R"(\[<HOST>\])";
  constexpr absl::string_view kWhole =
      R"(\[(?:IPv6:)?<HOST>\](?: \(may be forged\))?)";
  const bool is_sendmail =
      absl::c_any_of(kSendmail, [expression](absl::string_view text) {
        return absl::StrContains(expression, text);
      });
  if (!is_sendmail || !absl::StrContains(expression, kBare) ||
      absl::StrContains(expression, "forged")) {
    return std::nullopt;
  }
  const std::string colon =
      absl::StrContains(expression, absl::StrCat(kBare, ":")) ? ":" : "";
  return absl::StrCat(kBare, colon,
                      " misses sendmail's \"[192.0.2.1] (may be forged)\" and "
                      "\"[IPv6:2001:db8:0:0:0:0:0:1]\"; better: ",
                      kWhole, colon);
}

void Add(const std::optional<std::string>& leak,
         std::vector<std::string>& leaks) {
  if (leak && !absl::c_linear_search(leaks, *leak)) leaks.push_back(*leak);
}

void AddNamed(absl::string_view name, absl::string_view expression,
              std::vector<std::string>& leaks) {
  for (const std::string& leak : LeaksOf(expression)) {
    leaks.push_back(absl::StrCat(name, ": ", leak));
  }
}

}  // namespace

std::vector<std::string> LeaksOf(absl::string_view expression) {
  std::vector<std::string> leaks;
  const RegexOutline outline = OutlineOf(expression);
  for (size_t i = 0; i < outline.size(); ++i) {
    if (outline[i].kind != Kind::kAddress) continue;
    const Surroundings around = {.expression = expression,
                                 .before = TokensBefore(outline, i),
                                 .behind = TokensBehind(outline, i)};
    const std::optional<std::string> not_held = NotHeld(around);
    Add(not_held, leaks);
    // What is not held at all needs no second way to choose an address.
    if (!not_held) Add(FreeText(around), leaks);
    Add(CutName(around), leaks);
  }
  Add(SendmailForms(expression), leaks);
  return leaks;
}

std::vector<std::string> RegexLeaks(const Filter& filter) {
  std::vector<std::string> leaks;
  AddNamed("prefregex", filter.prefix_regex, leaks);
  for (size_t i = 0; i < filter.fail_regexes.size(); ++i) {
    AddNamed(absl::StrCat("failregex ", i + 1), filter.fail_regexes[i], leaks);
  }
  for (size_t i = 0; i < filter.success_regexes.size(); ++i) {
    AddNamed(absl::StrCat("successregex ", i + 1), filter.success_regexes[i],
             leaks);
  }
  return leaks;
}

}  // namespace mxban
