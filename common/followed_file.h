#ifndef MXBAN_COMMON_FOLLOWED_FILE_H_
#define MXBAN_COMMON_FOLLOWED_FILE_H_

// What a file says, also after it has changed.
//
// A change that is spoilt is told once in the log, and what the file said
// before holds on.
//
// Thread-safe; Refresh() is called by one thread.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/small_file.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {

template <typename T>
class FollowedFile {
 public:
  // Reads a file's whole text; its errors name the file and the line.
  using Parse = std::function<absl::StatusOr<T>(absl::string_view text)>;
  // What is demanded of a file before it is read, such as its mode.
  using Demand = std::function<absl::Status(const std::string& path)>;

  static absl::StatusOr<std::unique_ptr<FollowedFile>> Open(
      std::string path, Parse parse,
      Demand demand = [](const std::string&) { return absl::OkStatus(); }) {
    std::unique_ptr<FollowedFile> file(
        new FollowedFile(std::move(path), std::move(parse), std::move(demand)));
    RETURN_IF_ERROR(file->Read());
    return file;
  }

  // Looks whether the file has changed. Call it once a second.
  void Refresh() {
    const absl::Status status = Read();
    if (status == status_) return;
    status_ = status;
    if (status.ok()) return;
    spdlog::error("{}; what it said before holds on",
                  std::string(status.message()));
  }

  std::shared_ptr<const T> value() const {
    absl::MutexLock lock(&mutex_);
    return value_;
  }

 private:
  FollowedFile(std::string path, Parse parse, Demand demand)
      : path_(std::move(path)),
        parse_(std::move(parse)),
        demand_(std::move(demand)) {}

  absl::Status Read() {
    RETURN_IF_ERROR(demand_(path_));
    ASSIGN_OR_RETURN(std::string text, ReadSmallFile(path_));
    if (text == text_) return absl::OkStatus();
    ASSIGN_OR_RETURN(T value, parse_(text));
    text_ = std::move(text);
    absl::MutexLock lock(&mutex_);
    if (value_ != nullptr) spdlog::info("'{}' has changed", path_);
    value_ = std::make_shared<const T>(std::move(value));
    return absl::OkStatus();
  }

  const std::string path_;
  const Parse parse_;
  const Demand demand_;
  std::string text_;     // Of the value.
  absl::Status status_;  // Of the last Refresh().

  mutable absl::Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COMMON_FOLLOWED_FILE_H_
