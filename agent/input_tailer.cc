#include "agent/input_tailer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/errno_text.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// Other logs have their turn after so many reads.
constexpr int kReadsAtOnce = 16;

// What a pipe holds.
constexpr size_t kReadBytes = 64 * 1024;

std::string NewLogId() {
  std::random_device random;
  return absl::StrFormat("input:%08x%08x", random(), random());
}

bool IsReadable(int fd) {
  pollfd readable = {fd, POLLIN, 0};
  return poll(&readable, 1, 0) > 0;
}

}  // namespace

InputTailer::InputTailer(int fd, Guide& guide)
    : fd_(fd),
      guide_(guide),
      log_id_(NewLogId()),
      logs_found_({log_id_}),
      lines_(kReadBytes) {}

bool InputTailer::Poll(Sink sink, BlockSink block_sink) {
  if (!std::exchange(has_turned_, true)) guide_.TurnTo(log_id_);
  for (int reads = 0; reads < kReadsAtOnce; ++reads) {
    if (!lines_.Deliver(sink, block_sink)) return false;
    if (!Fill()) return true;
  }
  return lines_.Deliver(sink, block_sink);
}

bool InputTailer::Fill() {
  if (fd_ < 0 || !IsReadable(fd_)) return false;
  const ssize_t size = lines_.Fill(
      [this](char* data, size_t room) { return read(fd_, data, room); });
  if (size > 0) return true;
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (size < 0) {
    spdlog::error("cannot read standard input: {}", ErrnoText(errno));
  } else {
    spdlog::info("standard input has ended; nothing more comes from there");
  }
  fd_ = -1;
  return false;
}

}  // namespace mxban
