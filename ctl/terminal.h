#ifndef MXBAN_CTL_TERMINAL_H_
#define MXBAN_CTL_TERMINAL_H_

// What a terminal has room for.

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace mxban::ctl {

struct TerminalSize {
  size_t rows = 0, columns = 0;
};

// Of the terminal that `descriptor` is; all zero if it is none. One that does
// not say has 24 rows of 80 columns.
TerminalSize SizeOfTerminal(int descriptor);

// How many columns a line printed to `out` may take: a property of the stream,
// as are its colours. kUsualWidth, unless SetWidth() has said otherwise.
inline constexpr size_t kUsualWidth = 80;
inline constexpr size_t kUnlimitedWidth = INT32_MAX;
size_t WidthOf(std::ostream& out);
void SetWidth(std::ostream& out, size_t columns);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_TERMINAL_H_
