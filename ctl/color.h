#ifndef MXBAN_CTL_COLOR_H_
#define MXBAN_CTL_COLOR_H_

// Colours, for those who read on a terminal.
//
// Whether a stream shows colours is a property of the stream, set where it is
// opened; on all others what is painted is plain text.

#include <ostream>

#include "absl/strings/string_view.h"

namespace mxban::ctl {

enum class Color {
  kPlain,
  kBad,      // Red: somebody must see to it.
  kWarning,  // Yellow: not yet as it should be.
  kGood,     // Green.
  kFaint,    // Less important than what is around it.
  kHeading,  // Bold.
};

// Lets `out` show colours from now on.
void UseColor(std::ostream& out);

// Whether the user wants colours on the terminal, if any, that `descriptor` is:
// not if NO_COLOR is set (https://no-color.org) or it is a "dumb" one.
bool WantsColor(int descriptor);

// `out << Painted{text, color}`. REQUIRES: the text comes from Printable().
struct Painted {
  absl::string_view text;
  Color color = Color::kPlain;
};
std::ostream& operator<<(std::ostream& out, const Painted& painted);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_COLOR_H_
