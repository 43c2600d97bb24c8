#include "filter/line_scanner.h"

#include <algorithm>
#include <tuple>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

// Shorter words are in too many lines.
constexpr size_t kMinWord = 4;

// In place of an expression's number: what all of a filter require.
constexpr uint16_t kPrefix = UINT16_MAX;

bool IsWord(absl::string_view text) {
  return absl::c_all_of(text, IsWordCharacter);
}

// The longest word in `text`: it is likely in the fewest lines.
absl::string_view LongestWord(absl::string_view text) {
  absl::string_view longest;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    if (end - begin > longest.size()) longest = text.substr(begin, end - begin);
    begin = end + 1;
  }
  return longest;
}

// Whether a line that has one of `literals` can be told from most others,
// wherever its stamp stands.
bool CanBeSought(const std::vector<Literal>& literals) {
  return AreRare(literals) &&
         absl::c_all_of(literals, [](const Literal& literal) {
           return IsWord(literal.text) ||
                  (LongestWord(literal.text).size() >= kMinWord &&
                   literal.text.find('\n') == std::string::npos);
         });
}

using Hit = LineScanner::Hit;

// Of hits of one line; the prefix comes last, a word behind its literal.
bool ComesBefore(const Hit& a, const Hit& b) {
  return std::make_tuple(a.filter, a.expression, !a.is_whole) <
         std::make_tuple(b.filter, b.expression, !b.is_whole);
}

bool IsOfPrefix(const Hit& hit) { return hit.expression == kPrefix; }

bool AreOfSameExpression(const Hit& a, const Hit& b) {
  return a.expression == b.expression;
}

}  // namespace

LineScanner::LineScanner(const std::vector<const LineRequirements*>& filters)
    : is_for_each_line_(filters.size()), has_prefix_(filters.size()) {
  for (size_t filter = 0; filter < filters.size(); ++filter) {
    const LineRequirements& required = *filters[filter];
    is_for_each_line_[filter] =
        required.are_for_each_line || required.expressions.size() >= kPrefix ||
        !absl::c_all_of(required.expressions, CanBeSought);
    if (is_for_each_line_[filter]) continue;
    has_prefix_[filter] = CanBeSought(required.prefix);
    if (has_prefix_[filter]) Add(filter, kPrefix, required.prefix);
    for (size_t i = 0; i < required.expressions.size(); ++i) {
      Add(filter, i, required.expressions[i]);
    }
  }
  scanner_ = LiteralScanner::Create(words_);
  if (scanner_ == nullptr) is_for_each_line_.assign(filters.size(), true);
}

void LineScanner::Add(size_t filter, size_t expression,
                      const std::vector<Literal>& literals) {
  for (const Literal& literal : literals) {
    const absl::string_view text = literal.text;
    const absl::string_view word = LongestWord(text);
    const Literal wanted = {std::string(word), literal.any_case};
    const size_t before = word.data() - text.data();
    const size_t index = absl::c_find(words_, wanted) - words_.begin();
    if (index == words_.size()) {
      words_.push_back(wanted);
      needles_.emplace_back();
    }
    needles_[index].push_back(
        {.literal = literal,
         .before_word = before,
         .behind_word = text.size() - before - word.size(),
         .filter = static_cast<uint16_t>(filter),
         .expression = static_cast<uint16_t>(expression)});
  }
}

LineScanner::Needle::Part LineScanner::Needle::PartAt(absl::string_view text,
                                                      size_t word_end) const {
  const size_t size = literal.text.size();
  const size_t word_begin = word_end - (size - before_word - behind_word);
  if (word_begin >= before_word && word_end + behind_word <= text.size()) {
    const absl::string_view there = text.substr(word_begin - before_word, size);
    const bool is_whole = literal.any_case
                              ? absl::EqualsIgnoreCase(there, literal.text)
                              : there == literal.text;
    if (is_whole) return Part::kAll;
  }
  // Where the literal goes on, with no word, so does the line: with the same,
  // or with a stamp that is none there.
  const bool goes_on = (before_word > 0 && word_begin > 0 &&
                        IsWordCharacter(text[word_begin - 1])) ||
                       (behind_word > 0 && word_end < text.size() &&
                        IsWordCharacter(text[word_end]));
  return goes_on ? Part::kNothing : Part::kWord;
}

// Notes a hit, unless it is known of its line.
void LineScanner::Note(Needle& needle, absl::string_view lines, uint32_t line,
                       size_t word_end) {
  if (needle.last_whole_line == line + 1) return;
  const Needle::Part part = needle.PartAt(lines, word_end);
  if (part == Needle::Part::kNothing) return;
  const bool is_whole = part == Needle::Part::kAll;
  if (!is_whole && needle.last_line == line + 1) return;
  (is_whole ? needle.last_whole_line : needle.last_line) = line + 1;
  hits_.push_back({line, needle.filter, needle.expression, is_whole});
}

absl::Span<const LineScanner::Hit> LineScanner::Scan(absl::string_view lines) {
  hits_.clear();
  if (scanner_ == nullptr) return hits_;
  for (std::vector<Needle>& needles : needles_) {
    for (Needle& needle : needles) {
      needle.last_line = needle.last_whole_line = 0;
    }
  }
  size_t begin = 0, end = 0;  // Of the line of the last hit.
  const bool is_done = scanner_->Scan(lines, [&](size_t word, size_t at) {
    if (at <= begin || at > end) {
      begin = lines.substr(0, at).rfind('\n') + 1;  // npos + 1 is 0.
      end = std::min(lines.find('\n', at), lines.size());
    }
    for (Needle& needle : needles_[word]) {
      Note(needle, lines, static_cast<uint32_t>(begin), at);
    }
  });
  if (!is_done) {
    is_for_each_line_.assign(is_for_each_line_.size(), true);
    hits_.clear();
  }
  Sort();
  return hits_;
}

// Puts the hits in order, and drops those that say nothing more: of a filter
// whose prefix the line cannot match, or less of an expression than another.
void LineScanner::Sort() {
  const auto by_line = [](const Hit& a, const Hit& b) {
    return a.line < b.line;
  };
  if (!absl::c_is_sorted(hits_, by_line)) absl::c_sort(hits_, by_line);
  auto kept = hits_.begin();
  for (auto first = hits_.begin(); first != hits_.end();) {
    const auto last = std::find_if(first, hits_.end(), [&](const Hit& hit) {
      return hit.line != first->line;
    });
    std::sort(first, last, ComesBefore);
    while (first != last) {
      const auto next = std::find_if(first, last, [&](const Hit& hit) {
        return hit.filter != first->filter;
      });
      if (!has_prefix_[first->filter] || IsOfPrefix(*std::prev(next))) {
        kept = std::unique_copy(first, next, kept, AreOfSameExpression);
        if (has_prefix_[std::prev(kept)->filter]) --kept;
      }
      first = next;
    }
  }
  hits_.erase(kept, hits_.end());
}

absl::Span<const Hit> LineScanner::OfFilter(absl::Span<const Hit> hits,
                                            size_t filter) {
  const auto begin = absl::c_find_if(
      hits, [&](const Hit& hit) { return hit.filter == filter; });
  const auto end = std::find_if(
      begin, hits.end(), [&](const Hit& hit) { return hit.filter != filter; });
  return hits.subspan(begin - hits.begin(), end - begin);
}

std::optional<ScannedLines::Line> ScannedLines::Next() {
  const size_t begin = is_each_        ? next_
                       : hits_.empty() ? lines_.size()
                                       : hits_.front().line;
  if (begin == lines_.size()) return std::nullopt;
  next_ = lines_.find('\n', begin) + 1;
  const auto others =
      absl::c_find_if(hits_, [&](const Hit& hit) { return hit.line != begin; });
  const auto hits = hits_.first(others - hits_.begin());
  hits_.remove_prefix(hits.size());
  return Line{.text = lines_.substr(begin, next_ - 1 - begin),
              .begin = begin,
              .end = next_,
              .hits = hits};
}

}  // namespace mxban
