#ifndef MXBAN_CTL_TABLE_H_
#define MXBAN_CTL_TABLE_H_

// Lays out columns on a terminal: one of 80, unless the stream knows better
// (SetWidth() in terminal.h).
//
// A long list is printed in parts: Print() writes the rows added since the last
// call and forgets them, so memory is bounded by a page. Columns only grow from
// part to part; the heading is printed once.
//
// Where the widest rows do not fit, columns give way from the last one marked
// so to the first, each down to its `min_width`; if that is not enough, the row
// is cut. Every cell and note passes
// Printable(): callers hand over foreign text as it is.
//
// Thread-compatible.

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "ctl/color.h"

namespace mxban::ctl {

struct Column {
  // How a cell gives way: not at all, or by dots at its end or in its middle.
  enum class Yield { kNever, kEnd, kMiddle };

  std::string heading;
  Yield yield = Yield::kNever;
  size_t min_width = 0;  // Of a column that yields.
};

struct Cell {
  // Implicit: most cells are plain text.
  Cell(std::string text, Color color = Color::kPlain)
      : text(std::move(text)), color(color) {}
  Cell(const char* text) : text(text) {}

  std::string text;
  Color color = Color::kPlain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Adds a row; `note` goes indented on a line below, shortened to fit, unless
  // it is empty. REQUIRES: as many cells as there are columns.
  void AddRow(const std::vector<Cell>& cells, absl::string_view note = "",
              Color note_color = Color::kFaint);

  // Prints and forgets the rows added so far; nothing if there are none.
  void Print(std::ostream& out);

 private:
  struct Row {
    std::vector<Cell> cells;
    Cell note;
  };

  // The widths that cells are shortened to.
  std::vector<size_t> FittedWidths(size_t room) const;
  void PrintRow(const std::vector<Cell>& cells,
                const std::vector<size_t>& widths, std::ostream& out) const;

  const std::vector<Column> columns_;
  std::vector<size_t> widths_;  // Of the widest cell so far.
  std::vector<Row> rows_;
  bool heading_printed_ = false;
};

// Foreign text in four parts for a line of its own. Where it is too long,
// `extra` is shortened, then dropped, then `yielding` is shortened.
struct Line {
  std::string before;
  std::string yielding;
  std::string after;
  std::string extra;
};

// Prints a line, escaped and fitted.
void PrintLine(std::ostream& out, const Line& line,
               Color color = Color::kPlain);
void PrintLine(std::ostream& out, absl::string_view text,
               Color color = Color::kPlain);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_TABLE_H_
