#include "coordinator/audit_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/errno_text.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// Holds some lines, whatever is in them: a record has five texts of at most
// 1,000 bytes, each of which may be escaped.
constexpr off_t kTail = 64 << 10;

absl::Status Failed(absl::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message =
      absl::StrCat("audit log: ", what, " ", path, ": ", ErrnoText(error));
  return error == ENOSPC || error == EDQUOT || error == EIO
             ? absl::UnavailableError(message)
             : absl::InvalidArgumentError(message);
}

std::string PositionOf(const std::string& path) { return path + ".position"; }

// The last line of `text` that is one of ours.
std::string LastLine(absl::string_view text) {
  while (!text.empty()) {
    text.remove_suffix(1);  // The newline.
    const size_t start = text.rfind('\n') + 1;
    if (PlaceOfAuditLine(text.substr(start))) {
      return std::string(text.substr(start));
    }
    text = text.substr(0, start);
  }
  return "";
}

// Whether a write that did not come to its end leaves `text`: the beginning of
// a line or, after a loss of power, zeros.
bool MayBeTorn(absl::string_view text) {
  const absl::string_view start(kAuditLineStart);
  return text.substr(0, start.size()) == start.substr(0, text.size()) ||
         text.find_first_not_of('\0') == absl::string_view::npos;
}

}  // namespace

bool AuditFile::IsOpen() const {
  struct stat open_file, named_file;
  return file_ >= 0 && fstat(file_, &open_file) == 0 &&
         stat(path_.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev &&
         open_file.st_ino == named_file.st_ino;
}

absl::Status AuditFile::Open() {
  if (IsOpen()) return absl::OkStatus();
  Close();
  // Not to wait for the reader of a pipe.
  file_ = open(path_.c_str(),
               O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
  if (file_ < 0) return Failed("cannot open", path_);
  struct stat status;
  if (fstat(file_, &status) != 0) return Failed("cannot read", path_);
  if (!S_ISREG(status.st_mode)) {
    close(std::exchange(file_, -1));
    return absl::InvalidArgumentError(
        absl::StrCat("audit log: ", path_, " is not a regular file"));
  }
  absl::Status mended = Mend();
  if (!mended.ok()) close(std::exchange(file_, -1));
  return mended;
}

void AuditFile::Close() {
  if (file_ < 0) return;
  RememberPlace();
  close(std::exchange(file_, -1));
}

absl::Status AuditFile::Append(const std::vector<std::string>& lines) {
  const std::string text = absl::StrJoin(lines, "\n") + "\n";
  for (size_t written = 0; written < text.size();) {
    const ssize_t count =
        write(file_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const absl::Status failure = Failed("cannot write", path_);
      RETURN_IF_ERROR(Mend());
      return absl::UnavailableError(failure.message());
    }
    written += count;
  }
  last_line_ = lines.back();
  place_ = PlaceOfAuditLine(last_line_);
  return absl::OkStatus();
}

absl::Status AuditFile::Mend() {
  const off_t size = lseek(file_, 0, SEEK_END);
  const off_t start = std::max<off_t>(0, size - kTail);
  std::string tail(size - start, '\0');
  const ssize_t count = pread(file_, tail.data(), tail.size(), start);
  if (count != static_cast<ssize_t>(tail.size())) {
    return Failed("cannot read", path_);
  }
  const size_t whole = tail.rfind('\n') + 1;  // 0 without any newline.
  std::string last_line = LastLine(absl::string_view(tail).substr(0, whole));
  const bool is_ours = last_line.empty() ? start == 0 && whole == 0 : true;
  if (!is_ours || !MayBeTorn(absl::string_view(tail).substr(whole))) {
    return absl::InvalidArgumentError(
        absl::StrCat("audit log: ", path_, " is something else"));
  }
  if (whole < tail.size() &&
      ftruncate(file_, start + static_cast<off_t>(whole)) != 0) {
    return Failed("cannot mend", path_);
  }
  if (last_line.empty() && last_line_.empty()) {
    std::ifstream position(PositionOf(path_));
    std::getline(position, last_line);
  }
  if (!last_line.empty()) last_line_ = std::move(last_line);
  place_ = PlaceOfAuditLine(last_line_);
  return absl::OkStatus();
}

void AuditFile::RememberPlace() const {
  if (last_line_.empty()) return;
  const int position =
      open(PositionOf(path_).c_str(),
           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (position < 0) return;
  const std::string line = last_line_ + "\n";
  // If it is lost, some records are written twice.
  [[maybe_unused]] const ssize_t count =
      write(position, line.data(), line.size());
  close(position);
}

}  // namespace mxban
