#ifndef MXBAN_TESTS_FILTER_CONFIG_DIRECTORY_H_
#define MXBAN_TESTS_FILTER_CONFIG_DIRECTORY_H_

// A directory of configuration files that lives as long as the test.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace mxban {

class ConfigDirectory {
 public:
  ConfigDirectory() : path_(testing::TempDir() + "/configXXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~ConfigDirectory() { std::filesystem::remove_all(path_); }

  ConfigDirectory(const ConfigDirectory&) = delete;
  ConfigDirectory& operator=(const ConfigDirectory&) = delete;

  // Writes `text` to `name`, which may be in a directory below.
  ConfigDirectory& Write(const std::string& name, const std::string& text) {
    const std::filesystem::path file = In(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return *this;
  }

  const std::string& path() const { return path_; }
  std::string In(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_FILTER_CONFIG_DIRECTORY_H_
