#ifndef MXBAN_TESTS_SUPPORT_RUN_PROGRAM_H_
#define MXBAN_TESTS_SUPPORT_RUN_PROGRAM_H_

// Runs a program as a shell does.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace mxban {

struct ProgramOutput {
  int exit_code = 0;
  std::string text;  // Standard output and error.
};

inline ProgramOutput RunProgram(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  ProgramOutput output;
  std::array<char, 4096> buffer;
  size_t size;
  while ((size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.text.append(buffer.data(), size);
  }
  output.exit_code = WEXITSTATUS(pclose(pipe));
  return output;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_SUPPORT_RUN_PROGRAM_H_
