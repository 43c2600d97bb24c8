#include "tests/cluster/simulation/server_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mxban::simulation {
namespace {

// logrotate's `rotate`, more than a schedule needs.
constexpr int kKept = 60;

bool Exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

ServerLog::ServerLog(std::string path, const Clock& clock)
    : path_(std::move(path)), clock_(clock) {
  Open();
  Touch(path_);
}

ServerLog::~ServerLog() { close(file_); }

void ServerLog::Open() {
  file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void ServerLog::Write(absl::string_view line) {
  Mend();
  Append(line);
}

void ServerLog::Tear(absl::string_view line, size_t size) {
  Mend();
  Append(line.substr(0, size));
  torn_ = std::string(line.substr(size));
}

void ServerLog::Mend() {
  if (!torn_.empty()) Append(std::exchange(torn_, ""));
}

void ServerLog::Rotate() {
  Mend();
  MakeRoom();
  std::filesystem::rename(path_, path_ + ".1");
  close(open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  Touch(path_);
  must_reopen_ = true;
}

void ServerLog::Reopen() {
  Mend();
  close(file_);
  Open();
  is_new_ = true;
  must_reopen_ = false;
}

void ServerLog::CopyAndTruncate() {
  Mend();
  MakeRoom();
  std::filesystem::copy_file(path_, path_ + ".1");
  std::filesystem::resize_file(path_, 0);
  Touch(path_);
  Touch(path_ + ".1");
  is_new_ = true;
}

bool ServerLog::Compress() {
  // What syslogd still writes to is not compressed.
  for (int i = must_reopen_ ? 2 : 1; i < kKept; ++i) {
    const std::string rotated = absl::StrCat(path_, ".", i);
    if (!Exists(rotated)) continue;
    return std::system(absl::StrCat("gzip ", rotated).c_str()) == 0;
  }
  return false;
}

void ServerLog::MakeRoom() {
  int last = 1;
  const auto name = [&](int i, const char* suffix) {
    return absl::StrCat(path_, ".", i, suffix);
  };
  while (Exists(name(last, "")) || Exists(name(last, ".gz"))) ++last;
  for (int i = last; i > 1; --i) {
    for (const char* suffix : {"", ".gz"}) {
      if (!Exists(name(i - 1, suffix))) continue;
      std::filesystem::rename(name(i - 1, suffix), name(i, suffix));
    }
  }
}

void ServerLog::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written <= 0) std::abort();
    bytes.remove_prefix(written);
    is_new_ = false;
  }
  const timespec now = absl::ToTimespec(clock_.TimeNow());
  const timespec times[] = {now, now};
  futimens(file_, times);
}

void ServerLog::Touch(const std::string& path) const {
  const timespec now = absl::ToTimespec(clock_.TimeNow());
  const timespec times[] = {now, now};
  utimensat(AT_FDCWD, path.c_str(), times, 0);
}

}  // namespace mxban::simulation
