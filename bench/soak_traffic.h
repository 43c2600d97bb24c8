#ifndef MXBAN_BENCH_SOAK_TRAFFIC_H_
#define MXBAN_BENCH_SOAK_TRAFFIC_H_

// Which line of a soak is written where: mail that harms nobody for the most
// part, and failures of many sources at a time.
//
// A guilty source fails exactly as often as bans it, an innocent one once
// less; both spread over several servers, so that none of these sees enough by
// itself. The same seed makes the same traffic.
//
// Thread-compatible.

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mxban {

class SoakTraffic {
 public:
  struct Options {
    uint64_t lines = 0;    // A few more, so that every source comes to its end.
    int servers = 0;       // At least 3.
    size_t max_retry = 0;  // At least 3.
    std::string ignored;   // A source that fails as well.
    uint32_t seed = 0;
  };

  struct Line {
    int server = 0;
    std::string source;  // Who fails; empty for mail that harms nobody.
  };

  explicit SoakTraffic(Options options);

  // None at the end.
  std::optional<Line> Next();

 private:
  // Somebody with failures to come.
  struct Source {
    std::string address;
    std::vector<int> servers;  // Of these.
  };

  uint32_t Roll(uint32_t sides) { return random_() % sides; }
  Source NewSource();
  Line Fail();

  const Options options_;
  std::mt19937 random_;
  uint64_t lines_ = 0;
  uint32_t known_ = 0;  // Sources so far.
  std::vector<Source> active_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_SOAK_TRAFFIC_H_
