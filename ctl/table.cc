#include "ctl/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ctl/printable.h"
#include "ctl/terminal.h"

namespace mxban::ctl {
namespace {

constexpr size_t kGap = 2;  // Between columns.
constexpr size_t kNoteIndent = 4;
constexpr size_t kMinYield = 8;   // Of Line::yielding.
constexpr size_t kMinExtra = 16;  // Less says nothing.

std::string Fit(const std::string& cell, Column::Yield yield, size_t width) {
  switch (yield) {
    case Column::Yield::kNever:
      return cell;
    case Column::Yield::kEnd:
      return ShortenEnd(cell, width);
    case Column::Yield::kMiddle:
      return ShortenMiddle(cell, width);
  }
  return cell;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    widths_.push_back(DisplayWidth(column.heading));
  }
}

void Table::AddRow(const std::vector<Cell>& cells, absl::string_view note,
                   Color note_color) {
  Row row{.cells = {}, .note = {Printable(note), note_color}};
  for (size_t i = 0; i < columns_.size(); ++i) {
    row.cells.emplace_back(Printable(cells[i].text), cells[i].color);
    widths_[i] = std::max(widths_[i], DisplayWidth(row.cells[i].text));
  }
  rows_.push_back(std::move(row));
}

void Table::Print(std::ostream& out) {
  if (rows_.empty()) return;
  const std::vector<size_t> widths = FittedWidths(WidthOf(out));
  if (!std::exchange(heading_printed_, true)) {
    std::vector<Cell> headings;
    for (const Column& column : columns_) {
      headings.emplace_back(column.heading, Color::kHeading);
    }
    PrintRow(headings, widths, out);
  }
  for (const Row& row : rows_) {
    PrintRow(row.cells, widths, out);
    if (row.note.text.empty()) continue;
    const std::string note =
        ShortenEnd(row.note.text, WidthOf(out) - kNoteIndent);
    out << std::string(kNoteIndent, ' ') << Painted{note, row.note.color}
        << '\n';
  }
  rows_.clear();
}

std::vector<size_t> Table::FittedWidths(size_t room) const {
  std::vector<size_t> widths = widths_;
  size_t total =
      std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  for (size_t i = widths.size(); i-- > 0 && total > room;) {
    const Column& column = columns_[i];
    if (column.yield == Column::Yield::kNever) continue;
    const size_t floor = std::min(
        widths[i], std::max(column.min_width, DisplayWidth(column.heading)));
    const size_t lost = std::min(widths[i] - floor, total - room);
    widths[i] -= lost;
    total -= lost;
  }
  return widths;
}

void Table::PrintRow(const std::vector<Cell>& cells,
                     const std::vector<size_t>& widths,
                     std::ostream& out) const {
  size_t room = WidthOf(out);
  size_t padding = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string text = Fit(cells[i].text, columns_[i].yield, widths[i]);
    if (text.empty()) {
      padding += widths[i] + kGap;
      continue;
    }
    // Columns that never yield may be too wide together.
    if (padding >= room) break;
    const size_t width = DisplayWidth(text);
    text = ShortenEnd(text, room - padding);
    out << std::string(padding, ' ') << Painted{text, cells[i].color};
    room -= std::min(room, padding + width);
    padding = widths[i] - width + kGap;
  }
  out << '\n';
}

void PrintLine(std::ostream& out, const Line& line, Color color) {
  const std::string before = Printable(line.before);
  const std::string after = Printable(line.after);
  const size_t width = WidthOf(out);
  const size_t taken = DisplayWidth(before) + DisplayWidth(after);
  const size_t left = width - std::min(taken, width);
  std::string text = absl::StrCat(
      before, ShortenEnd(Printable(line.yielding), std::max(left, kMinYield)),
      after);
  if (DisplayWidth(text) + kMinExtra <= width) {
    absl::StrAppend(&text, Printable(line.extra));
  }
  out << Painted{ShortenEnd(text, width), color} << '\n';
}

void PrintLine(std::ostream& out, absl::string_view text, Color color) {
  out << Painted{ShortenEnd(Printable(text), WidthOf(out)), color} << '\n';
}

}  // namespace mxban::ctl
