#ifndef MXBAN_COMMON_STAGED_FILE_H_
#define MXBAN_COMMON_STAGED_FILE_H_

// A file in memory that only this process can read, for libraries that want a
// path and read it now and then. Its content changes as a whole.

#include <ctime>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Thread-compatible; readers may read at any time.
class StagedFile {
 public:
  StagedFile() = default;
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // Each content has another time of modification, so that a reader who looks
  // at that before and after sees that it changed meanwhile. UNAVAILABLE if
  // there is no memory or no descriptor left; the content stays.
  absl::Status Replace(absl::string_view contents);

  // The same for as long as this lives. REQUIRES: there is a content.
  std::string path() const;

 private:
  int descriptor_ = -1;
  std::time_t generation_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_STAGED_FILE_H_
