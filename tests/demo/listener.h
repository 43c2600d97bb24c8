#ifndef MXBAN_TESTS_DEMO_LISTENER_H_
#define MXBAN_TESTS_DEMO_LISTENER_H_

// A stand-in for a mail server: what is seen of one before the first command.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mxban::demo {

// Greets whoever connects to one of `ports`, over IPv4 or IPv6, as `name`, and
// hangs up. Returns only when something is wrong.
absl::Status Listen(const std::string& name,
                    const std::vector<uint16_t>& ports);

}  // namespace mxban::demo

#endif  // MXBAN_TESTS_DEMO_LISTENER_H_
