#include "filter/line_skipper.h"

#include <hs/hs.h>

#include <string>
#include <utility>

#include "filter/utf8.h"

namespace mxban {
namespace {

// Shorter words are in too many lines.
constexpr size_t kMinLength = 4;

// The longest word in `text`.
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

// Remembers where the first match ends, and stops the search.
int StopAtFirst(unsigned int, unsigned long long, unsigned long long to,
                unsigned int, void* end) {
  *static_cast<size_t*>(end) = to;
  return 1;
}

}  // namespace

struct LineSkipper::Database {
  ~Database() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
};

std::unique_ptr<LineSkipper> LineSkipper::Create(
    const std::vector<std::vector<Literal>>& expressions) {
  std::vector<std::string> words;
  std::vector<unsigned> flags;
  for (const std::vector<Literal>& literals : expressions) {
    if (literals.empty()) return nullptr;
    for (const Literal& literal : literals) {
      words.emplace_back(LongestWord(literal.text));
      if (words.back().size() < kMinLength) return nullptr;
      flags.push_back(literal.any_case ? HS_FLAG_CASELESS : 0);
    }
  }
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::vector<unsigned> ids(words.size());
  auto database = std::make_unique<Database>();
  hs_compile_error_t* error = nullptr;
  if (words.empty() || hs_valid_platform() != HS_SUCCESS ||
      hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(),
                           static_cast<unsigned>(words.size()), HS_MODE_BLOCK,
                           nullptr, &database->database,
                           &error) != HS_SUCCESS ||
      hs_alloc_scratch(database->database, &database->scratch) != HS_SUCCESS) {
    hs_free_compile_error(error);
    return nullptr;
  }
  return std::unique_ptr<LineSkipper>(new LineSkipper(std::move(database)));
}

LineSkipper::LineSkipper(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
LineSkipper::~LineSkipper() = default;

size_t LineSkipper::FirstCandidate(absl::string_view lines) const {
  size_t end = 0;
  const hs_error_t scanned = hs_scan(database_->database, lines.data(),
                                     static_cast<unsigned>(lines.size()), 0,
                                     database_->scratch, StopAtFirst, &end);
  if (scanned == HS_SUCCESS) return lines.size();
  if (scanned != HS_SCAN_TERMINATED) return 0;  // Nothing can be said.
  const size_t newline = lines.substr(0, end).rfind('\n');
  return newline == absl::string_view::npos ? 0 : newline + 1;
}

}  // namespace mxban
