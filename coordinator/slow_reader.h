#ifndef MXBAN_COORDINATOR_SLOW_READER_H_
#define MXBAN_COORDINATOR_SLOW_READER_H_

// Cuts off a call whose reader takes nothing, so that it holds no memory: when
// a message has been under way for longer than kPatience and there is news
// behind it. Whoever reads subscribes again, and catches up.
//
// The call is cancelled, for its end would wait behind the write that is stuck.
//
// Thread-compatible.

#include "absl/time/time.h"
#include "grpcpp/server_context.h"

namespace mxban {

class SlowReader {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  // `context` is that of the call, which lives until its OnDone().
  explicit SlowReader(grpc::CallbackServerContext& context)
      : context_(context) {}

  // A write begins, and has come to its end.
  void WriteBegins(absl::Time now) { write_time_ = now; }
  void WriteEnds() { write_time_ = absl::InfiniteFuture(); }

  // There is more to write. Cuts the call off, once, if that has to wait for
  // too long; returns whether it did.
  bool CutOffIfStuck(absl::Time now) {
    if (now - write_time_ <= kPatience) return false;
    write_time_ = absl::InfiniteFuture();
    context_.TryCancel();
    return true;
  }

 private:
  grpc::CallbackServerContext& context_;
  // When the write under way began; in the future if there is none.
  absl::Time write_time_ = absl::InfiniteFuture();
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SLOW_READER_H_
