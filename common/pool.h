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
#include <deque>
#include <utility>
#include <vector>

namespace mxban {

template <typename T>
class Pool {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  // The number of no place.

  uint32_t Add(T value) {
    if (free_.empty()) {
      places_.push_back(std::move(value));
      return static_cast<uint32_t>(places_.size() - 1);
    }
    const uint32_t place = free_.back();
    free_.pop_back();
    places_[place] = std::move(value);
    return place;
  }

  // What was there is destroyed when the place is used again.
  void Remove(uint32_t place) { free_.push_back(place); }

  T& operator[](uint32_t place) { return places_[place]; }
  const T& operator[](uint32_t place) const { return places_[place]; }

  size_t size() const { return places_.size() - free_.size(); }

 private:
  std::deque<T> places_;
  std::vector<uint32_t> free_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_POOL_H_
