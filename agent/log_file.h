#ifndef MXBAN_AGENT_LOG_FILE_H_
#define MXBAN_AGENT_LOG_FILE_H_

// A log as it lies on the disk: plain, or compressed by gzip when it was
// rotated. Offsets are those of the text in either case.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/log_identity.h"

struct gzFile_s;

namespace mxban {

class LogFile {
 public:
  // Null if there is no log at `path`: nothing that can be read, no regular
  // file, or no complete first line yet. A name that ends in `.gz` says that it
  // is compressed.
  static std::unique_ptr<LogFile> Open(const std::string& path);
  ~LogFile();

  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // By the file and the first line; its generation is 0.
  const LogIdentity& identity() const { return identity_; }

  // Reads up to `size` bytes at `offset`; fewer, or none, at the end. Of a
  // compressed log that is cut off or damaged the end is where it cannot be
  // read any further. Going back in one means to decompress it again.
  size_t ReadAt(uint64_t offset, char* buffer, size_t size);

  // How much text there is at this moment; nullopt if only reading tells.
  std::optional<uint64_t> size() const;

  // Whether its first line is what it was.
  bool BeginsAsBefore();

  // Whether the file at `path` is this one, whatever it holds by now.
  bool IsAt(const std::string& path) const;

  // For inotify.
  int fd() const { return fd_; }

 private:
  explicit LogFile(int fd) : fd_(fd) {}

  bool Identify();
  std::optional<uint64_t> HashFirstLine();
  size_t ReadCompressed(uint64_t offset, char* buffer, size_t size);

  const int fd_;
  gzFile_s* compressed_ = nullptr;  // Null if plain.
  LogIdentity identity_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_FILE_H_
