#ifndef MXBAN_CTL_PROGRESS_BAR_H_
#define MXBAN_CTL_PROGRESS_BAR_H_

// One line that tells how far a long input is read, and how long it will take:
//
//   [============                ]  43%  129.0 MB of 300.0 MB, 85.1 MB/s, 2s
//   left
//
// Without a terminal it does nothing. On one it appears when the work lasts
// longer than kPatience, is drawn anew at most every kInterval, and leaves
// nothing behind. Of an input of unknown size it tells what was read so far.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban::ctl {

class ProgressBar {
 public:
  static constexpr absl::Duration kPatience = absl::Milliseconds(500);
  static constexpr absl::Duration kInterval = absl::Milliseconds(100);

  // What the bar is drawn on.
  struct Terminal {
    bool is_terminal = false;
    bool has_color = false;
    size_t columns = 80;
  };

  // `total` bytes will be read, 0: nobody knows. `out` and `clock` must outlive
  // the bar.
  ProgressBar(const Terminal& terminal, uint64_t total, std::ostream& out,
              const Clock& clock);

  // Takes the bar away.
  ~ProgressBar();

  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `bytes` more were read. Cheap enough for every line.
  void Advance(uint64_t bytes);

 private:
  void Draw(absl::Time now);
  std::string Bar(size_t width) const;
  std::string Figures(absl::Time now) const;

  const Terminal terminal_;
  const uint64_t total_;
  std::ostream& out_;
  const Clock& clock_;
  const absl::Time start_;
  uint64_t done_ = 0;
  uint64_t next_look_ = 0;  // At the clock, in bytes.
  absl::Time next_draw_;
  bool is_shown_ = false;
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_PROGRESS_BAR_H_
