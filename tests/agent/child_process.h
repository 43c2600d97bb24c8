#ifndef MXBAN_TESTS_AGENT_CHILD_PROCESS_H_
#define MXBAN_TESTS_AGENT_CHILD_PROCESS_H_

// What a process gives up it cannot get back: tests of that are children.

#include <sys/wait.h>
#include <unistd.h>

namespace mxban {

// Runs `body` in a child and returns how that ended, as waitpid() tells it:
// with what `body` returns, if it returns.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

inline bool ExitedWith(int status, int code) {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_CHILD_PROCESS_H_
