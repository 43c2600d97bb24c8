#ifndef MXBAN_CTL_TERMINAL_H_
#define MXBAN_CTL_TERMINAL_H_

// What a terminal can show.

#include <cstddef>

namespace mxban::ctl {

struct TerminalSize {
  size_t rows = 0, columns = 0;
};

// Of the terminal that `descriptor` is; all zero if it is none. One that does
// not say has 24 rows of 80 columns.
TerminalSize SizeOfTerminal(int descriptor);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_TERMINAL_H_
