#ifndef MXBAN_CTL_LISTED_BAN_H_
#define MXBAN_CTL_LISTED_BAN_H_

// A ban as a list of somebody else's has it.

#include <string>

#include "absl/time/time.h"

namespace mxban::ctl {

struct ListedBan {
  std::string source;  // Foreign text, not checked.
  std::string jail;    // As the list calls it; empty if it does not say.
  // The infinite past if the list does not say; the infinite future if the ban
  // never ends.
  absl::Time expire_time = absl::InfinitePast();
  // Why it is none, and where that stands; empty if it may be one.
  std::string error;
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_LISTED_BAN_H_
