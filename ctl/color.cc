#include "ctl/color.h"

#include <unistd.h>

#include <cstdlib>

namespace mxban::ctl {
namespace {

constexpr absl::string_view kReset = "\033[0m";

// Where a stream keeps whether it shows colours.
int Place() {
  static const int place = std::ios_base::xalloc();
  return place;
}

// ECMA-48, "select graphic rendition".
absl::string_view Sequence(Color color) {
  switch (color) {
    case Color::kPlain:
      return "";
    case Color::kBad:
      return "\033[31m";
    case Color::kWarning:
      return "\033[33m";
    case Color::kGood:
      return "\033[32m";
    case Color::kFaint:
      return "\033[2m";
    case Color::kHeading:
      return "\033[1m";
  }
  return "";
}

absl::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void UseColor(std::ostream& out) { out.iword(Place()) = 1; }

bool WantsColor(int descriptor) {
  return isatty(descriptor) != 0 && Variable("NO_COLOR").empty() &&
         Variable("TERM") != "dumb";
}

std::ostream& operator<<(std::ostream& out, const Painted& painted) {
  const absl::string_view sequence = Sequence(painted.color);
  if (sequence.empty() || painted.text.empty() || out.iword(Place()) == 0) {
    return out << painted.text;
  }
  return out << sequence << painted.text << kReset;
}

}  // namespace mxban::ctl
