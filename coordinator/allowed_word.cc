#include "coordinator/allowed_word.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mxban {

absl::StatusOr<AllowedWord> ParseAllowedWord(absl::string_view text) {
  AllowedWord word;
  ASSIGN_OR_RETURN(word.list, ParseIgnoreList(text));
  const IgnoreList& list = word.list;
  if (list.size() != 1 || !absl::c_all_of(text, absl::ascii_isprint)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(text.substr(0, 80)),
                     "' is not one address, network, host name or file:PATH"));
  }
  if (!list.networks.empty()) {
    word.text = list.networks.front().ToString();
  } else if (!list.names.empty()) {
    word.text = list.names.front();
  } else {
    word.text = absl::StrCat("file:", list.files.front());
  }
  return word;
}

}  // namespace mxban
