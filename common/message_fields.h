#ifndef MXBAN_COMMON_MESSAGE_FIELDS_H_
#define MXBAN_COMMON_MESSAGE_FIELDS_H_

// What conversions between messages and values have in common.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mxban {

// INVALID_ARGUMENT: `what` is wrong with `field`.
inline absl::Status WrongField(absl::string_view field,
                               absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

// The texts of a repeated field.
template <typename Repeated>
std::vector<std::string> Strings(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

template <typename Repeated>
void AddAll(const std::vector<std::string>& strings, Repeated* repeated) {
  for (const std::string& string : strings) repeated->Add()->assign(string);
}

}  // namespace mxban

#endif  // MXBAN_COMMON_MESSAGE_FIELDS_H_
