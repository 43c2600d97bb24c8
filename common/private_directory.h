#ifndef MXBAN_COMMON_PRIVATE_DIRECTORY_H_
#define MXBAN_COMMON_PRIVATE_DIRECTORY_H_

// The directory that a daemon keeps its state in: nobody else's business, for
// what is in it names customers and attackers, and decides who is refused.

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mxban {

struct PrivateDirectory {
  std::string path;
  // How the names of its files begin that nobody else may read.
  std::vector<std::string> private_files;
  // And of those whose mode is an operator's to choose.
  std::vector<std::string> other_files;
};

// Makes the directory with mode 0700 if it is not there, and the ones above it
// with 0755. Where the directory or a private file is open to others, it is
// narrowed, and that is logged; a directory with foreign files in it stays as
// it is, and that is logged, too.
//
// INVALID_ARGUMENT if it cannot be made.
absl::Status KeepPrivate(const PrivateDirectory& directory);

}  // namespace mxban

#endif  // MXBAN_COMMON_PRIVATE_DIRECTORY_H_
