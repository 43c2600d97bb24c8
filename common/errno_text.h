#ifndef MXBAN_COMMON_ERRNO_TEXT_H_
#define MXBAN_COMMON_ERRNO_TEXT_H_

// What an errno means, for the end of an error message.

#include <string>
#include <system_error>

namespace mxban {

inline std::string ErrnoText(int error) {
  return std::generic_category().message(error);
}

}  // namespace mxban

#endif  // MXBAN_COMMON_ERRNO_TEXT_H_
