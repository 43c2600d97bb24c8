#include "agent/log_news.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"

namespace mxban {
namespace {

std::string DirectoryOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

LogNews::LogNews()
    : inotify_fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (inotify_fd_ < 0 || wake_fd_ < 0) {
    status_ = absl::ResourceExhaustedError(
        absl::StrCat("cannot watch logs: ", ErrnoText(errno)));
  }
}

LogNews::~LogNews() {
  if (inotify_fd_ >= 0) close(inotify_fd_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

void LogNews::Wake() { eventfd_write(wake_fd_, 1); }

bool LogNews::Wait(std::vector<int> readable, absl::Duration patience) {
  std::vector<pollfd> fds = {{inotify_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  for (const int fd : readable) fds.push_back({fd, POLLIN, 0});
  const bool is_news =
      poll(fds.data(), fds.size(),
           static_cast<int>(absl::ToInt64Milliseconds(patience))) > 0;
  if (!is_news) return false;
  // That something happened is news enough; whoever reads sees what.
  alignas(inotify_event) char events[4096];
  while (read(inotify_fd_, events, sizeof(events)) > 0) {
  }
  eventfd_t wakes;
  eventfd_read(wake_fd_, &wakes);
  return true;
}

bool LogNews::WatchFile(const std::string& path, int fd,
                        const std::string& log_id, Watch& watch) {
  // Adding a watch that exists changes nothing.
  inotify_add_watch(inotify_fd_, DirectoryOf(path).c_str(),
                    IN_CREATE | IN_MOVED_TO);
  // The first line is worth waking for, wherever it comes from: that of a log
  // that is not open yet, be it the first one or that after a rotation.
  const int named = inotify_add_watch(inotify_fd_, path.c_str(), IN_MODIFY);
  const bool is_new = std::exchange(watch.path, named) != named;
  if (fd < 0 || watch.log_id == log_id) return is_new;
  if (watch.open >= 0) inotify_rm_watch(inotify_fd_, watch.open);
  // The open file itself: its name may be another's by now.
  watch.open = inotify_add_watch(
      inotify_fd_, absl::StrCat("/proc/self/fd/", fd).c_str(), IN_MODIFY);
  watch.log_id = log_id;
  return true;
}

}  // namespace mxban
