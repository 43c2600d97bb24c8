#ifndef MXBAN_AGENT_FIREWALL_DESCRIPTOR_H_
#define MXBAN_AGENT_FIREWALL_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace mxban {

// A file descriptor that is closed with its owner. Thread-compatible.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    const Descriptor old(
        std::exchange(descriptor_, std::exchange(other.descriptor_, -1)));
    return *this;
  }
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int get() const { return descriptor_; }

 private:
  int descriptor_;  // Negative: none.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_DESCRIPTOR_H_
