#ifndef MXBAN_COMMON_STATUS_MACROS_H_
#define MXBAN_COMMON_STATUS_MACROS_H_

// Hands an error to the caller. The names are those of Google's code, which
// Abseil does not yet provide.

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                           \
  do {                                                        \
    if (absl::Status status_ = (expression); !status_.ok()) { \
      return status_;                                         \
    }                                                         \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression)                        \
  MXBAN_ASSIGN_OR_RETURN_(MXBAN_CONCAT_(result_, __LINE__), declaration, \
                          expression)

#define MXBAN_CONCAT_(a, b) MXBAN_CONCAT_INNER_(a, b)
#define MXBAN_CONCAT_INNER_(a, b) a##b
#define MXBAN_ASSIGN_OR_RETURN_(result, declaration, expression) \
  auto result = (expression);                                    \
  if (!result.ok()) return result.status();                      \
  declaration = *std::move(result)

#endif  // MXBAN_COMMON_STATUS_MACROS_H_
