#include "ctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace mxban::ctl {
namespace {

// Where a stream keeps its width.
int Place() {
  static const int place = std::ios_base::xalloc();
  return place;
}

}  // namespace

TerminalSize SizeOfTerminal(int descriptor) {
  if (isatty(descriptor) == 0) return {};
  winsize size = {};
  ioctl(descriptor, TIOCGWINSZ, &size);
  return {.rows = size.ws_row > 0 ? size.ws_row : size_t{24},
          .columns = size.ws_col > 0 ? size.ws_col : size_t{80}};
}

size_t WidthOf(std::ostream& out) {
  const long columns = out.iword(Place());
  return columns > 0 ? static_cast<size_t>(columns) : kUsualWidth;
}

void SetWidth(std::ostream& out, size_t columns) {
  out.iword(Place()) = static_cast<long>(columns);
}

}  // namespace mxban::ctl
