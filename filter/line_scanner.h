#ifndef MXBAN_FILTER_LINE_SCANNER_H_
#define MXBAN_FILTER_LINE_SCANNER_H_

// Finds the lines of a log that may matter to any of several filters, a block
// at a time: most of a log is never looked at more closely.
//
// A line may match an expression if it has what that requires. The stamp is cut
// out of a line before it is matched, which may join what it separates, but
// never within a word: the default date templates begin and end where a word
// does. So a line of which only the longest word of a literal is there may
// match, too, if its stamp stands in the middle of it.
//
// Thread-compatible; movable.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "filter/literal_scanner.h"
#include "filter/required_literal.h"

namespace mxban {

class LineScanner {
 public:
  // That a line may match an expression.
  struct Hit {
    uint32_t line = 0;        // Where it begins in the block.
    uint16_t filter = 0;      // By its number, as
    uint16_t expression = 0;  // the expression is.
    bool is_whole = false;    // Else only if its stamp is within it.
  };

  explicit LineScanner(const std::vector<const LineRequirements*>& filters);

  // Finds all that `lines`, whole ones with their newlines and below 4 GiB, may
  // match: by line, filter and expression. Valid until the next call.
  absl::Span<const Hit> Scan(absl::string_view lines);

  // Those of `hits`, of one line, that are of `filter`.
  static absl::Span<const Hit> OfFilter(absl::Span<const Hit> hits,
                                        size_t filter);

  // Whether `filter` has to be shown each line, for Scan() says nothing of it.
  bool IsForEachLine(size_t filter) const { return is_for_each_line_[filter]; }

 private:
  // A literal, looked for by its longest word.
  struct Needle {
    enum class Part { kNothing, kWord, kAll };

    Literal literal;
    size_t before_word = 0;  // How much of it stands there.
    size_t behind_word = 0;
    uint16_t filter = 0;
    uint16_t expression = 0;
    // Where the lines of the last hits begin, counted from 1.
    uint32_t last_line = 0;
    uint32_t last_whole_line = 0;

    // What is there of it, the word of which ends at `word_end`.
    Part PartAt(absl::string_view text, size_t word_end) const;
  };

  void Add(size_t filter, size_t expression,
           const std::vector<Literal>& literals);
  void Note(Needle& needle, absl::string_view lines, uint32_t line,
            size_t word_end);
  void Sort();

  std::vector<Literal> words_;
  std::vector<std::vector<Needle>> needles_;  // Of each of them.
  std::vector<char> is_for_each_line_;
  std::vector<char> has_prefix_;             // That is looked for.
  std::unique_ptr<LiteralScanner> scanner_;  // Null: nothing to look for.
  std::vector<Hit> hits_;
};

// The lines of a block that was scanned, one after the other.
class ScannedLines {
 public:
  struct Line {
    absl::string_view text;  // Without its newline.
    size_t begin = 0;        // In the block.
    size_t end = 0;          // Of the newline, too.
    absl::Span<const LineScanner::Hit> hits;
  };

  // Of `lines`, whole ones with their newlines, in which Scan() found `hits`:
  // those that have any, or all if `is_each`.
  ScannedLines(absl::string_view lines, absl::Span<const LineScanner::Hit> hits,
               bool is_each)
      : lines_(lines), hits_(hits), is_each_(is_each) {}

  // The next one; nullopt if there is none.
  std::optional<Line> Next();

 private:
  const absl::string_view lines_;
  absl::Span<const LineScanner::Hit> hits_;  // Of the lines to come.
  const bool is_each_;
  size_t next_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_LINE_SCANNER_H_
