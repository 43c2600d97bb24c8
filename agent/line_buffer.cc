#include "agent/line_buffer.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"

namespace mxban {

void LineBuffer::Reset(uint64_t offset) {
  buffer_.clear();
  offset_ = offset;
  next_ = searched_ = 0;
  skipping_ = false;
}

bool LineBuffer::Deliver(LineSource::Sink sink, LineSource::Skip skip) {
  const absl::string_view all(buffer_.data(), buffer_.size());
  const size_t whole_lines = all.rfind('\n') + 1;  // npos + 1 is 0.
  while (next_ < buffer_.size()) {
    if (!skipping_ && next_ < whole_lines) {
      next_ += skip(all.substr(next_, whole_lines - next_), offset());
      searched_ = std::max(searched_, next_);
    }
    const char* const begin = buffer_.data() + next_;
    const char* const newline = static_cast<const char*>(std::memchr(
        buffer_.data() + searched_, '\n', buffer_.size() - searched_));
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
  searched_ = buffer_.size();
  return true;
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
  buffer_.resize(kept + read_bytes_);
  const ssize_t size = read(buffer_.data() + kept, read_bytes_);
  buffer_.resize(kept + std::max<ssize_t>(size, 0));
  return size;
}

}  // namespace mxban
