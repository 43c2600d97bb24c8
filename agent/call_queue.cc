#include "agent/call_queue.h"

namespace mxban {

CallQueue::CallQueue() : thread_([this] { Loop(); }) {}

CallQueue::~CallQueue() {
  queue_.Shutdown();
  thread_.join();
}

void CallQueue::Loop() {
  void* which = nullptr;
  bool ok = false;
  while (queue_.Next(&which, &ok)) {
    const Tag tag = *static_cast<const Tag*>(which);
    tag.done(tag.call, ok);
  }
}

}  // namespace mxban
