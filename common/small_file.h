#ifndef MXBAN_COMMON_SMALL_FILE_H_
#define MXBAN_COMMON_SMALL_FILE_H_

// Files that are small and hold what should be right: keys, lists of people.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mxban {

// Beyond this a file is not what it is taken for.
inline constexpr size_t kLargestSmallFile = 16 << 20;

// The whole content. INVALID_ARGUMENT, naming the path, if the file cannot be
// read, is empty, or is larger than kLargestSmallFile.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// The contents of `path`, or, if that is a folder, of all files in it whose
// names do not begin with a dot, ordered by name. A folder may be empty.
absl::StatusOr<std::vector<std::string>> ReadSmallFiles(
    const std::string& path);

// FAILED_PRECONDITION, naming the path, if group or others may read or write
// the file. What is not there is nobody's.
absl::Status CheckOnlyOwnerReads(const std::string& path);

}  // namespace mxban

#endif  // MXBAN_COMMON_SMALL_FILE_H_
