#ifndef MXBAN_TESTS_SYSTEM_EVENTUALLY_H_
#define MXBAN_TESTS_SYSTEM_EVENTUALLY_H_

// Waiting for what real processes come to do.

#include <fstream>
#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace mxban {

// What has to happen happens within this time, or the test fails.
inline constexpr absl::Duration kPatience = absl::Seconds(20);

// Asks `holds` until it says yes, or for too long.
template <typename Predicate>
bool Eventually(Predicate holds, absl::Duration patience = kPatience) {
  const absl::Time deadline = absl::Now() + patience;
  do {
    if (holds()) return true;
  } while (absl::Now() < deadline);
  return false;
}

// Empty if there is no such file.
inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_EVENTUALLY_H_
