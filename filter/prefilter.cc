#include "filter/prefilter.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace mxban {
namespace {

// How often `c` occurs in logs, roughly: the less the smaller.
int Frequency(char c) {
  if (absl::StrContains("eaonirtls", c)) return 4;
  if (absl::StrContains(" .:-=,1203", c)) return 3;
  if (absl::ascii_isdigit(c) || absl::StrContains("cdfghmpubw[]", c)) return 2;
  if (absl::ascii_islower(c)) return 1;
  return 0;
}

// Where the rarest two neighbours begin in `text`.
size_t RarestPairIn(const std::string& text) {
  size_t rarest = 0;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (Frequency(text[i]) + Frequency(text[i + 1]) <
        Frequency(text[rarest]) + Frequency(text[rarest + 1])) {
      rarest = i;
    }
  }
  return rarest;
}

}  // namespace

void Prefilter::Add(const std::vector<Literal>& literals) {
  const size_t expression = is_certain_.size();
  // One character is no pair, and in most lines anyway.
  const bool is_certain =
      literals.empty() || absl::c_any_of(literals, [](const Literal& literal) {
        return literal.text.size() < 2;
      });
  is_certain_.push_back(is_certain);
  if (is_certain) return;
  for (const Literal& literal : literals) {
    Needle needle{.literal = literal, .expression = expression};
    std::string& text = needle.literal.text;
    if (literal.any_case) absl::AsciiStrToLower(&text);
    needle.pair_at = RarestPairIn(text);
    const auto bit = static_cast<uint8_t>(1 << needles_.size() % 8);
    const auto add = [&](std::array<uint8_t, 256>& bits, char c) {
      bits[static_cast<uint8_t>(c)] |= bit;
      if (literal.any_case) {
        bits[static_cast<uint8_t>(absl::ascii_toupper(c))] |= bit;
      }
    };
    add(firsts_, text[needle.pair_at]);
    add(seconds_, text[needle.pair_at + 1]);
    needles_.push_back(std::move(needle));
  }
}

const std::vector<size_t>& Prefilter::Candidates(absl::string_view text) {
  is_found_ = is_certain_;
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    const uint8_t bits = firsts_[static_cast<uint8_t>(text[at])] &
                         seconds_[static_cast<uint8_t>(text[at + 1])];
    if (bits != 0) Mark(text, at, bits);
  }
  candidates_.clear();
  for (size_t i = 0; i < is_found_.size(); ++i) {
    if (is_found_[i]) candidates_.push_back(i);
  }
  return candidates_;
}

// Marks the expressions with a needle whose pair is at `pair_at`, which only
// those in `bits` can have.
void Prefilter::Mark(absl::string_view text, size_t pair_at, uint8_t bits) {
  for (size_t i = 0; i < needles_.size(); ++i) {
    if ((bits >> i % 8 & 1) == 0) continue;
    const Needle& needle = needles_[i];
    if (!is_found_[needle.expression] && pair_at >= needle.pair_at &&
        IsAt(needle, text, pair_at - needle.pair_at)) {
      is_found_[needle.expression] = true;
    }
  }
}

bool Prefilter::IsAt(const Needle& needle, absl::string_view text,
                     size_t position) {
  const auto& [wanted, any_case] = needle.literal;
  const absl::string_view there = text.substr(position, wanted.size());
  if (any_case) return absl::EqualsIgnoreCase(there, wanted);
  // Most often it is the pair of another needle.
  return there.size() == wanted.size() &&
         there[needle.pair_at] == wanted[needle.pair_at] && there == wanted;
}

}  // namespace mxban
