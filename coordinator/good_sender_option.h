#ifndef MXBAN_COORDINATOR_GOOD_SENDER_OPTION_H_
#define MXBAN_COORDINATOR_GOOD_SENDER_OPTION_H_

// `goodtime` and `maxgoodshare`, the companions of `successregex`.

#include "common/jail.h"
#include "coordinator/section_reader.h"

namespace mxban {

// Sets how long right logins speak for their users in `jail`, and how many of
// the sources that have some may be banned. What is wrong is refused in
// `section`; what is set in vain, or shorter than `findtime`, is noted there.
//
// REQUIRES: the filter and the window of `jail` are known.
void ReadGoodSenders(SectionReader& section, Jail& jail);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_GOOD_SENDER_OPTION_H_
