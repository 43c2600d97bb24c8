#include "ctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace mxban::ctl {

TerminalSize SizeOfTerminal(int descriptor) {
  if (isatty(descriptor) == 0) return {};
  winsize size = {};
  ioctl(descriptor, TIOCGWINSZ, &size);
  return {.rows = size.ws_row > 0 ? size.ws_row : size_t{24},
          .columns = size.ws_col > 0 ? size.ws_col : size_t{80}};
}

}  // namespace mxban::ctl
