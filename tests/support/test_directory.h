#ifndef MXBAN_TESTS_SUPPORT_TEST_DIRECTORY_H_
#define MXBAN_TESTS_SUPPORT_TEST_DIRECTORY_H_

// A place for a test's files.

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace mxban {

// Makes an empty directory of the test that runs, and returns its path.
inline std::string MakeTestDirectory() {
  const std::string path =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_SUPPORT_TEST_DIRECTORY_H_
