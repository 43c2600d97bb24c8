#ifndef MXBAN_CTL_PARAGRAPH_H_
#define MXBAN_CTL_PARAGRAPH_H_

// Text that is too long for a line, and too good to be cut.

#include <ostream>

#include "absl/strings/string_view.h"

namespace mxban::ctl {

// Prints `heading` and beside it `text`, on as many lines of 80 columns as it
// takes, broken at blanks where there are any. Both pass Printable(). REQUIRES:
// the heading leaves room.
void PrintParagraph(std::ostream& out, absl::string_view heading,
                    absl::string_view text);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_PARAGRAPH_H_
