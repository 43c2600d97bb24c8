#include "filter/date_names.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"

namespace mxban {
namespace {

// Three letters as one number, lest names are compared letter by letter.
constexpr uint32_t Pack(const char* name) {
  return static_cast<uint32_t>(static_cast<uint8_t>(name[0])) << 16 |
         static_cast<uint32_t>(static_cast<uint8_t>(name[1])) << 8 |
         static_cast<uint8_t>(name[2]);
}

constexpr uint32_t kMonths[] = {Pack("jan"), Pack("feb"), Pack("mar"),
                                Pack("apr"), Pack("may"), Pack("jun"),
                                Pack("jul"), Pack("aug"), Pack("sep"),
                                Pack("oct"), Pack("nov"), Pack("dec")};
constexpr uint32_t kWeekdays[] = {Pack("sun"), Pack("mon"), Pack("tue"),
                                  Pack("wed"), Pack("thu"), Pack("fri"),
                                  Pack("sat")};

// The index of the name that `text` starts with, -1 if there is none.
template <size_t kCount>
int IndexOf(absl::string_view text, const uint32_t (&names)[kCount]) {
  if (text.size() < 3) return -1;
  const char lower[] = {absl::ascii_tolower(text[0]),
                        absl::ascii_tolower(text[1]),
                        absl::ascii_tolower(text[2])};
  const uint32_t wanted = Pack(lower);
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == wanted) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

int MonthOf(absl::string_view text) { return IndexOf(text, kMonths) + 1; }

int WeekdayOf(absl::string_view text) { return IndexOf(text, kWeekdays); }

}  // namespace mxban
