#include "agent/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/stable_hash.h"

namespace mxban {
namespace {

// As much of the first line as names a log; its time stamp alone would do.
constexpr size_t kFirstLineBytes = 1024;

}  // namespace

std::unique_ptr<LogFile> LogFile::Open(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return nullptr;
  std::unique_ptr<LogFile> log(new LogFile(fd));
  if (absl::EndsWith(path, ".gz")) {
    const int copy = dup(fd);  // zlib closes it.
    log->compressed_ = gzdopen(copy, "r");
    if (log->compressed_ == nullptr) {
      if (copy >= 0) close(copy);
      return nullptr;
    }
  }
  return log->Identify() ? std::move(log) : nullptr;
}

LogFile::~LogFile() {
  if (compressed_ != nullptr) gzclose(compressed_);
  close(fd_);
}

bool LogFile::Identify() {
  struct stat status;
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const std::optional<uint64_t> first_line = HashFirstLine();
  if (!first_line) return false;
  identity_ = {.device = status.st_dev,
               .inode = status.st_ino,
               .first_line = *first_line};
  return true;
}

// Nullopt while it is not complete.
std::optional<uint64_t> LogFile::HashFirstLine() {
  char head[kFirstLineBytes];
  const absl::string_view text(head, ReadAt(0, head, sizeof(head)));
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos && text.size() < sizeof(head)) {
    return std::nullopt;
  }
  return StableHash(text.substr(0, end));
}

bool LogFile::BeginsAsBefore() {
  return HashFirstLine() == identity_.first_line;
}

size_t LogFile::ReadAt(uint64_t offset, char* buffer, size_t size) {
  if (compressed_ != nullptr) return ReadCompressed(offset, buffer, size);
  ssize_t count;
  do {
    count = pread(fd_, buffer, size, offset);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? count : 0;
}

size_t LogFile::ReadCompressed(uint64_t offset, char* buffer, size_t size) {
  const z_off_t wanted = static_cast<z_off_t>(offset);
  if (gztell(compressed_) != wanted &&
      gzseek(compressed_, wanted, SEEK_SET) != wanted) {
    return 0;
  }
  const int count = gzread(compressed_, buffer, static_cast<unsigned>(size));
  return count > 0 ? count : 0;
}

std::optional<uint64_t> LogFile::size() const {
  struct stat status;
  if (compressed_ != nullptr) return std::nullopt;
  return fstat(fd_, &status) == 0 ? status.st_size : 0;
}

bool LogFile::IsAt(const std::string& path) const {
  struct stat status;
  return stat(path.c_str(), &status) == 0 &&
         status.st_dev == identity_.device && status.st_ino == identity_.inode;
}

}  // namespace mxban
