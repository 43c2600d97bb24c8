#include "ctl/paragraph.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "ctl/printable.h"
#include "ctl/terminal.h"

namespace mxban::ctl {
namespace {

bool ContinuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// How many bytes of `text` fit `width` columns; at least one character.
size_t Fitting(absl::string_view text, size_t width) {
  size_t fitting = 0;
  for (size_t end = 1; end <= text.size(); ++end) {
    if (end < text.size() && ContinuesCharacter(text[end])) continue;
    if (fitting > 0 && DisplayWidth(text.substr(0, end)) > width) break;
    fitting = end;
  }
  return fitting;
}

// How many bytes of `text` go on one line, and with blanks behind them how many
// are done with.
struct Cut {
  size_t shown;
  size_t done;
};

Cut CutLine(absl::string_view text, size_t width) {
  const size_t fitting = Fitting(text, width);
  if (fitting == text.size()) return {fitting, fitting};
  // The blank may be the first that does not fit.
  const size_t blank = text.rfind(' ', fitting);
  if (blank == absl::string_view::npos || blank == 0) return {fitting, fitting};
  return {blank, blank + 1};
}

}  // namespace

void PrintParagraph(std::ostream& out, absl::string_view heading,
                    absl::string_view text) {
  const std::string before = Printable(heading);
  const std::string printable = Printable(text);
  const size_t indent = DisplayWidth(before);
  // Longer lines are hard to read, whatever there is room for.
  const size_t room = std::min(WidthOf(out), kUsualWidth);
  const size_t width = room - std::min(indent, room - 1);
  absl::string_view rest = printable;
  out << before;
  while (true) {
    const Cut cut = CutLine(rest, width);
    out << rest.substr(0, cut.shown) << '\n';
    rest.remove_prefix(cut.done);
    if (rest.empty()) return;
    out << std::string(indent, ' ');
  }
}

}  // namespace mxban::ctl
