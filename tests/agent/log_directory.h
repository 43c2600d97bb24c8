#ifndef MXBAN_TESTS_AGENT_LOG_DIRECTORY_H_
#define MXBAN_TESTS_AGENT_LOG_DIRECTORY_H_

// A directory with a log, `mail.log`, and what writers and logrotate do there.

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban {

class LogDirectory {
 public:
  // An empty one, of the test that runs. Files are as old as `clock` says; it
  // must outlive this.
  explicit LogDirectory(const Clock& clock)
      : clock_(clock),
        path_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name()),
        log_(path_ + "/mail.log") {
    Clear();
  }

  void Clear() {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }

  const std::string& path() const { return path_; }
  const std::string& log() const { return log_; }

  // Where `mail.log` is after so many rotations.
  std::string Rotated(int number) const {
    return absl::StrCat(log_, ".", number);
  }
  std::string Compressed(int number) const {
    return absl::StrCat(log_, ".", number, ".gz");
  }

  void Append(const std::string& text) { AppendTo(log_, text); }
  void AppendTo(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::app) << text;
    SetAge(path, absl::ZeroDuration());
  }

  void SetAge(const std::string& path, absl::Duration age) {
    const timespec time = absl::ToTimespec(clock_.TimeNow() - age);
    const timespec times[] = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
  }

  // `mail.log` becomes `mail.log.1`, that `mail.log.2`. There is no `mail.log`
  // until somebody writes it.
  void Rename() {
    MakeWay();
    std::filesystem::rename(log_, Rotated(1));
  }

  // logrotate's `copytruncate`, and the two steps that it has.
  void CopyAndTruncate() {
    Copy();
    Truncate();
  }
  void Copy() {
    MakeWay();
    std::filesystem::copy_file(log_, Rotated(1));
    SetAge(Rotated(1), absl::ZeroDuration());
  }
  void Truncate() { std::filesystem::resize_file(log_, 0); }

  // Makes a `.gz` of `mail.log.NUMBER`.
  void Compress(int number) {
    ASSERT_EQ(RunProgram("gzip " + Rotated(number)).exit_code, 0);
  }

 private:
  static constexpr int kMostRotated = 12;

  void MakeWay() {
    for (int number = kMostRotated; number > 0; --number) {
      RenameIfThere(Rotated(number), Rotated(number + 1));
      RenameIfThere(Compressed(number), Compressed(number + 1));
    }
  }

  static void RenameIfThere(const std::string& from, const std::string& to) {
    if (std::filesystem::exists(from)) std::filesystem::rename(from, to);
  }

  const Clock& clock_;
  const std::string path_;
  const std::string log_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_LOG_DIRECTORY_H_
