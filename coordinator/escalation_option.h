#ifndef MXBAN_COORDINATOR_ESCALATION_OPTION_H_
#define MXBAN_COORDINATOR_ESCALATION_OPTION_H_

// `bantime.increment` and its companions.

#include <optional>

#include "common/jail.h"
#include "coordinator/section_reader.h"

namespace mxban {

// Reads what of the section's `bantime.*` is in force; nothing if
// `bantime.increment` is off, and a note of what is set in vain then. What is
// wrong is refused there.
std::optional<Escalation> ReadEscalation(SectionReader& section);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ESCALATION_OPTION_H_
