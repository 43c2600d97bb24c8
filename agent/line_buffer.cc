#include "agent/line_buffer.h"

#include <algorithm>

namespace mxban {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

}  // namespace

bool LineBuffer::Deliver(LineSource::Sink sink) {
  while (true) {
    const auto newline =
        std::find(buffer_.begin() + searched_, buffer_.end(), '\n');
    searched_ = newline - buffer_.begin();
    if (newline == buffer_.end()) return true;
    const size_t after = searched_ + 1;
    const absl::string_view text(buffer_.data() + next_, searched_ - next_);
    if (skipping_ || text.size() > LineSource::kMaxLineBytes) {
      ++overlong_lines_;
      skipping_ = false;
    } else if (!sink({.text = text,
                      .begin = offset_ + next_,
                      .end = offset_ + after})) {
      return false;
    }
    next_ = searched_ = after;
  }
}

ssize_t LineBuffer::Fill(Read read) {
  if (buffer_.size() - next_ > LineSource::kMaxLineBytes) {
    skipping_ = true;  // The rest of the line is read and thrown away.
    next_ = buffer_.size();
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + next_);
  offset_ += next_;
  next_ = 0;
  const size_t kept = searched_ = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const ssize_t size = read(buffer_.data() + kept, kReadBytes);
  buffer_.resize(kept + std::max<ssize_t>(size, 0));
  return size;
}

}  // namespace mxban
