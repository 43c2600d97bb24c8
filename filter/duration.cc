#include "filter/duration.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

struct Unit {
  absl::string_view names;  // Each between two blanks.
  double seconds;
};

constexpr Unit kUnits[] = {
    {" s ss sec second seconds ", 1},    {" m mm min minute minutes ", 60},
    {" h hh hou hour hours ", 3600},     {" d dd da day days ", 86400},
    {" w ww wee week weeks ", 604800},   {" mo mon month months ", 2629800},
    {" y yy yea year years ", 31557600},
};

constexpr double kLongest = 1e11;  // Three thousand years.
constexpr int kMaxDepth = 20;

// A recursive descent: sum, product, factor.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  bool ReadAll(double& seconds) {
    return ReadSum(0, seconds) && Peek() == '\0' && rest_.empty();
  }

 private:
  // The next character that is not blank, '\0' at the end.
  char Peek() {
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return rest_.empty() ? '\0' : rest_.front();
  }

  bool Consume(char wanted) {
    if (Peek() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool ReadSum(int depth, double& sum) {
    if (!ReadProduct(depth, sum)) return false;
    while (true) {
      const char next = Peek();
      if (next == '\0' || next == ')') return true;
      const bool minus = Consume('-');
      if (!minus) Consume('+');
      double term;
      if (!ReadProduct(depth, term)) return false;
      sum += minus ? -term : term;
    }
  }

  bool ReadProduct(int depth, double& product) {
    if (!ReadFactor(depth, product)) return false;
    while (true) {
      double factor;
      if (Consume('*')) {
        if (!ReadFactor(depth, factor)) return false;
        product *= factor;
      } else if (Consume('/')) {
        if (!ReadFactor(depth, factor)) return false;
        product /= factor;
      } else {
        return true;
      }
    }
  }

  bool ReadFactor(int depth, double& value) {
    if (depth > kMaxDepth) return false;
    if (Consume('-')) {
      if (!ReadFactor(depth + 1, value)) return false;
      value = -value;
      return true;
    }
    if (Consume('(')) return ReadSum(depth + 1, value) && Consume(')');
    return ReadNumber(value);
  }

  bool ReadNumber(double& value) {
    Peek();
    const size_t length =
        std::min(rest_.find_first_not_of("0123456789."), rest_.size());
    if (!absl::SimpleAtod(rest_.substr(0, length), &value)) return false;
    rest_.remove_prefix(length);
    Peek();
    size_t letters = 0;
    while (letters < rest_.size() && absl::ascii_isalpha(rest_[letters])) {
      ++letters;
    }
    if (letters == 0) return true;
    const std::string name =
        absl::StrCat(" ", absl::AsciiStrToLower(rest_.substr(0, letters)), " ");
    rest_.remove_prefix(letters);
    for (const Unit& unit : kUnits) {
      if (!absl::StrContains(unit.names, name)) continue;
      value *= unit.seconds;
      return true;
    }
    return false;
  }

  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  double seconds = 0;
  if (!Reader(text).ReadAll(seconds) || !(std::abs(seconds) <= kLongest)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::Utf8SafeCHexEscape(text.substr(0, 64)),
                     "' is not a length of time such as 600, 10m or 1d12h"));
  }
  return absl::Seconds(static_cast<int64_t>(seconds));
}

}  // namespace mxban
