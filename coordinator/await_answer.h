#ifndef MXBAN_COORDINATOR_AWAIT_ANSWER_H_
#define MXBAN_COORDINATOR_AWAIT_ANSWER_H_

// Waits for what is answered by a callback.

#include <functional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/synchronization/notification.h"

namespace mxban {

// Returns what `ask` has its argument told. That must be called once; whoever
// does must not wait for this thread.
template <typename Answer>
Answer AwaitAnswer(
    absl::FunctionRef<void(std::function<void(Answer)> done)> ask) {
  absl::Notification answered;
  Answer answer;
  ask([&](Answer told) {
    answer = std::move(told);
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AWAIT_ANSWER_H_
