#ifndef MXBAN_CTL_PROGRESS_BAR_H_
#define MXBAN_CTL_PROGRESS_BAR_H_

// One line that tells how far long work is, and how long it will take:
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

#include "absl/strings/string_view.h"
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
    size_t columns = 80;
  };

  // There are `total` bytes to read, or `noun`s to see to; 0: nobody knows.
  // `out` and `clock` must outlive the bar.
  ProgressBar(const Terminal& terminal, uint64_t total, std::ostream& out,
              const Clock& clock, absl::string_view noun = "");

  // Takes the bar away.
  ~ProgressBar();

  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // So many more are done. Cheap enough for every line.
  void Advance(uint64_t count);

 private:
  void Draw(absl::Time now);
  void DrawBar(size_t width);
  std::string Amount(double count) const;
  std::string Figures(absl::Time now) const;

  const Terminal terminal_;
  const uint64_t total_;
  std::ostream& out_;
  const Clock& clock_;
  const absl::Time start_;
  const std::string noun_;  // Empty: bytes.
  uint64_t done_ = 0;
  uint64_t next_look_ = 0;  // At the clock, when so many are done.
  absl::Time next_draw_;
  bool is_shown_ = false;
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_PROGRESS_BAR_H_
