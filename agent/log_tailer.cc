#include "agent/log_tailer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace mxban {
namespace {

constexpr size_t kReadBytes = 256 * 1024;

// As much of the first line as names a log; its time stamp alone would do.
constexpr size_t kFirstLineBytes = 1024;

// FNV-1a: stable across programs and versions, unlike absl::Hash.
uint64_t StableHash(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

// Names the file open at `fd`; empty while it has no complete first line.
std::string IdentityOf(int fd) {
  struct stat status;
  char head[kFirstLineBytes];
  const ssize_t size = pread(fd, head, sizeof(head), 0);
  if (size <= 0 || fstat(fd, &status) != 0) return "";
  absl::string_view first_line(head, size);
  const size_t end = first_line.find('\n');
  if (end == absl::string_view::npos && first_line.size() < sizeof(head)) {
    return "";
  }
  return absl::StrFormat("file:%x:%d:%016x", status.st_dev, status.st_ino,
                         StableHash(first_line.substr(0, end)));
}

}  // namespace

LogTailer::LogTailer(std::string path, StartOffset start_offset)
    : path_(std::move(path)), start_offset_(std::move(start_offset)) {}

LogTailer::~LogTailer() { Close(); }

bool LogTailer::Poll(Sink sink, Skip skip) {
  if (fd_ >= 0 && WasTruncated()) Close();
  if (fd_ < 0 && !Open()) return true;
  if (!Drain(sink, skip)) return false;
  while (WasReplaced()) {
    // What was written before the writer turned to the new file.
    if (!Drain(sink, skip)) return false;
    Close();
    if (!Open()) return true;
    if (!Drain(sink, skip)) return false;
  }
  return true;
}

bool LogTailer::Open() {
  fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd_ < 0) return false;
  struct stat status;
  log_id_ = IdentityOf(fd_);
  if (log_id_.empty() || fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    Close();
    return false;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  buffer_offset_ = start_offset_(log_id_);
  // A position behind the end is of another file, whatever it is called.
  if (buffer_offset_ > static_cast<uint64_t>(status.st_size)) {
    buffer_offset_ = 0;
  }
  return true;
}

void LogTailer::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  log_id_.clear();
  buffer_.clear();
  buffer_offset_ = 0;
  next_ = searched_ = 0;
  skipping_ = false;
}

bool LogTailer::WasTruncated() const {
  struct stat status;
  if (fstat(fd_, &status) != 0) return true;
  const uint64_t read_to = buffer_offset_ + buffer_.size();
  const uint64_t size = static_cast<uint64_t>(status.st_size);
  if (size == read_to) return false;  // Nothing new, so nothing else either.
  // A file cut to nothing may have grown past our position since.
  return size < read_to || IdentityOf(fd_) != log_id_;
}

bool LogTailer::WasReplaced() const {
  struct stat status;
  if (stat(path_.c_str(), &status) != 0) return false;  // Not replaced yet.
  if (status.st_dev == device_ && status.st_ino == inode_) return false;
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  const bool has_line = !IdentityOf(fd).empty();
  close(fd);
  return has_line;
}

bool LogTailer::Drain(Sink sink, Skip skip) {
  do {
    if (!Deliver(sink, skip)) return false;
  } while (Fill());
  return true;
}

bool LogTailer::Deliver(Sink sink, Skip skip) {
  const absl::string_view all(buffer_.data(), buffer_.size());
  const size_t whole_lines = all.rfind('\n') + 1;  // npos + 1 is 0.
  while (next_ < buffer_.size()) {
    if (!skipping_ && next_ < whole_lines) {
      next_ +=
          skip(all.substr(next_, whole_lines - next_), buffer_offset_ + next_);
      searched_ = std::max(searched_, next_);
    }
    const char* const begin = buffer_.data() + next_;
    const char* const newline = static_cast<const char*>(std::memchr(
        buffer_.data() + searched_, '\n', buffer_.size() - searched_));
    if (newline == nullptr) break;
    const absl::string_view line(begin, newline - begin);
    const size_t after = newline - buffer_.data() + 1;
    if (skipping_ || line.size() > kMaxLineBytes) {
      ++overlong_lines_;
      skipping_ = false;
    } else if (!sink(line, buffer_offset_ + after)) {
      return false;
    }
    next_ = searched_ = after;
  }
  searched_ = buffer_.size();
  return true;
}

bool LogTailer::Fill() {
  if (buffer_.size() - next_ > kMaxLineBytes) {
    skipping_ = true;  // The rest of the line is read and thrown away.
    next_ = buffer_.size();
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + next_);
  buffer_offset_ += next_;
  searched_ -= next_;
  next_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  ssize_t size;
  do {
    size = pread(fd_, buffer_.data() + kept, kReadBytes, buffer_offset_ + kept);
  } while (size < 0 && errno == EINTR);
  buffer_.resize(kept + (size > 0 ? size : 0));
  return size > 0;
}

}  // namespace mxban
