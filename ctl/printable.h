#ifndef MXBAN_CTL_PRINTABLE_H_
#define MXBAN_CTL_PRINTABLE_H_

// Makes foreign text fit for a terminal.
//
// Names, reasons and errors come from the coordinator, and some of them from
// whoever talks to a mail server. Printed as they are, they could move the
// cursor, turn the writing direction or open a link. So whatever is no visible
// character is written as an escape: control characters, what takes no column
// of its own (U+202E, U+200B, accents on their own), and bytes that are not
// UTF-8. A backslash stays, so an escape is for the eye, not for a parser;
// parsers take --json.
//
// Thread-safe.

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mxban::ctl {

// `text` with every invisible byte as `\n`, `\r`, `\t` or `\xNN`.
std::string Printable(absl::string_view text);

// The columns that `printable` takes. REQUIRES: it comes from Printable().
size_t DisplayWidth(absl::string_view printable);

// Cuts `printable` to `width` columns, the last three being `...` when
// something is lost: at the end, or in the middle, for addresses, whose ends
// tell them apart. A width below 3 leaves fewer dots.
std::string ShortenEnd(absl::string_view printable, size_t width);
std::string ShortenMiddle(absl::string_view printable, size_t width);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_PRINTABLE_H_
