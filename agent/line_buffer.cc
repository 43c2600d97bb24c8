#include "agent/line_buffer.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"

namespace mxban {

void LineBuffer::Reset(uint64_t offset) {
  offset_ = offset;
  size_ = next_ = searched_ = 0;
  skipping_ = false;
}

bool LineBuffer::Deliver(LineSource::Sink sink,
                         LineSource::BlockSink block_sink) {
  const absl::string_view all(buffer_.data(), size_);
  const size_t whole_lines = all.rfind('\n') + 1;  // npos + 1 is 0.
  while (next_ < size_) {
    if (!skipping_ && next_ < whole_lines) {
      next_ += block_sink(all.substr(next_, whole_lines - next_), offset());
      searched_ = std::max(searched_, next_);
    }
    const char* const begin = buffer_.data() + next_;
    const char* const newline = static_cast<const char*>(
        std::memchr(buffer_.data() + searched_, '\n', size_ - searched_));
    if (newline == nullptr) break;
    const absl::string_view line(begin, newline - begin);
    const size_t after = newline - buffer_.data() + 1;
    if (skipping_ || line.size() > LineSource::kMaxLineBytes) {
      ++overlong_lines_;
      skipping_ = false;
    } else if (!sink(
                   {.text = line, .begin = offset(), .end = offset_ + after})) {
      return false;
    }
    next_ = searched_ = after;
  }
  searched_ = size_;
  return true;
}

ssize_t LineBuffer::Fill(Read read) {
  if (size_ - next_ > LineSource::kMaxLineBytes) {
    skipping_ = true;  // The rest of the line is read and thrown away.
    next_ = size_;
  }
  if (next_ > 0) {
    std::copy(buffer_.begin() + next_, buffer_.begin() + size_,
              buffer_.begin());
  }
  size_ -= next_;
  offset_ += next_;
  next_ = 0;
  searched_ = size_;
  if (buffer_.size() < size_ + read_bytes_) buffer_.resize(size_ + read_bytes_);
  const ssize_t count = read(buffer_.data() + size_, read_bytes_);
  size_ += std::max<ssize_t>(count, 0);
  return count;
}

}  // namespace mxban
