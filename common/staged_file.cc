#include "common/staged_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

bool WriteAll(int descriptor, absl::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(descriptor, contents.data(), contents.size());
    if (written <= 0) return false;
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

StagedFile::~StagedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status StagedFile::Replace(absl::string_view contents) {
  const int next = memfd_create("mxban", MFD_CLOEXEC);
  const std::timespec time = {generation_ + 1, 0};
  const std::timespec times[2] = {time, time};
  bool is_done =
      next >= 0 && WriteAll(next, contents) && futimens(next, times) == 0;
  if (is_done && descriptor_ < 0) {
    descriptor_ = next;
  } else {
    // The number stays, and with it the path.
    is_done = is_done && dup3(next, descriptor_, O_CLOEXEC) >= 0;
    const int error = errno;
    if (next >= 0) close(next);
    errno = error;
  }
  if (!is_done) {
    return absl::UnavailableError(
        absl::StrCat("cannot keep a file in memory: ", std::strerror(errno)));
  }
  ++generation_;
  return absl::OkStatus();
}

std::string StagedFile::path() const {
  return absl::StrCat("/proc/self/fd/", descriptor_);
}

}  // namespace mxban
