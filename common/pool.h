#ifndef MXBAN_COMMON_POOL_H_
#define MXBAN_COMMON_POOL_H_

// Values in numbered places.
//
// A number takes half the room of a pointer, and a value stays where it is. A
// place that is given back is used again; memory is only given back at the end.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mxban {

template <typename T>
class Pool {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  // The number of no place.

  uint32_t Add(T value) {
    if (!free_.empty()) {
      const uint32_t place = free_.back();
      free_.pop_back();
      (*this)[place] = std::move(value);
      return place;
    }
    if (places_ % kBlock == 0) blocks_.emplace_back().reserve(kBlock);
    blocks_.back().push_back(std::move(value));
    return places_++;
  }

  // What was there is destroyed when the place is used again.
  void Remove(uint32_t place) { free_.push_back(place); }

  T& operator[](uint32_t place) {
    return blocks_[place / kBlock][place % kBlock];
  }
  const T& operator[](uint32_t place) const {
    return blocks_[place / kBlock][place % kBlock];
  }

  size_t size() const { return places_ - free_.size(); }

 private:
  // So large that what finds the blocks stays in the processor's cache.
  static constexpr uint32_t kBlock = 1024;

  std::vector<std::vector<T>> blocks_;  // Full, but for the last.
  uint32_t places_ = 0;                 // In all blocks.
  std::vector<uint32_t> free_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_POOL_H_
