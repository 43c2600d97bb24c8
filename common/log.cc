#include "common/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/support/log.h"
#include "nlohmann/json.hpp"
#include "spdlog/formatter.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How systemd says where standard error leads.
bool IsJournal(int descriptor) {
  const char* const journal = std::getenv("JOURNAL_STREAM");
  struct stat status;
  return journal != nullptr && fstat(descriptor, &status) == 0 &&
         journal == absl::StrCat(status.st_dev, ":", status.st_ino);
}

// As syslog numbers them.
int PriorityOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return 2;
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

// Messages quote what others wrote.
std::string WithoutControls(absl::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&clean, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      clean.push_back(c);
    }
  }
  return clean;
}

struct Shape {
  bool is_json = false;
  bool is_journal = false;

  // Whether people are to read it as it is.
  bool is_plain() const { return !is_json && !is_journal; }
};

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(Shape shape) : shape_(shape) {}

  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& line) override {
    const std::string text = Format(message);
    line.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(shape_);
  }

 private:
  std::string Format(const spdlog::details::log_msg& message) const {
    const auto level = spdlog::level::to_string_view(message.level);
    const absl::string_view name(level.data(), level.size());
    const absl::string_view text(message.payload.data(),
                                 message.payload.size());
    const std::string time =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez",
                         absl::FromChrono(message.time), absl::LocalTimeZone());
    const std::string priority =
        shape_.is_journal ? absl::StrCat("<", PriorityOf(message.level), ">")
                          : "";
    if (shape_.is_json) return absl::StrCat(priority, Json(time, name, text));
    if (shape_.is_journal) {
      return absl::StrCat(priority, WithoutControls(text), "\n");
    }
    return absl::StrCat(time, " ", name, ": ", WithoutControls(text), "\n");
  }

  static std::string Json(const std::string& time, absl::string_view level,
                          absl::string_view text) {
    const nlohmann::ordered_json line = {{"time", time},
                                         {"level", std::string(level)},
                                         {"message", std::string(text)}};
    // What is no UTF-8 is replaced.
    return line.dump(-1, ' ', false,
                     nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }

  const Shape shape_;
};

// Whoever reaches a port can make gRPC complain, as often as he connects. So
// many complaints are told a minute.
class GrpcQuota {
 public:
  // Whether one more may be told; `withheld` is how many were not, since.
  bool Take(absl::Time now, int& withheld) {
    absl::MutexLock lock(&mutex_);
    if (now >= minute_end_) {
      minute_end_ = now + absl::Minutes(1);
      told_ = 0;
    }
    if (told_ == kComplaintsAMinute) {
      ++withheld_;
      return false;
    }
    ++told_;
    withheld = std::exchange(withheld_, 0);
    return true;
  }

 private:
  static constexpr int kComplaintsAMinute = 20;

  absl::Mutex mutex_;
  absl::Time minute_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int told_ ABSL_GUARDED_BY(mutex_) = 0;
  int withheld_ ABSL_GUARDED_BY(mutex_) = 0;
};

void LogFromGrpc(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) {
    spdlog::debug("grpc: {}", args->message);
    return;
  }
  static GrpcQuota& quota = *new GrpcQuota;
  int withheld = 0;
  if (!quota.Take(absl::Now(), withheld)) return;
  if (withheld > 0) spdlog::warn("grpc: {} more such lines", withheld);
  spdlog::warn("grpc: {}", args->message);
}

Shape& CurrentShape() {
  static Shape shape;
  return shape;
}

}  // namespace

absl::Status InitLog(const LogOptions& options) {
  const spdlog::level::level_enum level =
      spdlog::level::from_str(options.level);
  if (level == spdlog::level::off && options.level != "off") {
    return absl::InvalidArgumentError(
        absl::StrCat("--log_level: '", options.level,
                     "' is none of debug, info, warning, error"));
  }
  if (options.format != "text" && options.format != "json") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--log_format: '", options.format, "' is neither text nor json"));
  }
  CurrentShape() = {options.format == "json", IsJournal(STDERR_FILENO)};
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  spdlog::set_formatter(std::make_unique<LineFormatter>(CurrentShape()));
  spdlog::set_level(level);
  spdlog::flush_on(spdlog::level::info);
  gpr_set_log_function(LogFromGrpc);
  return absl::OkStatus();
}

void LogEnd(const std::string& name, const absl::Status& why) {
  if (CurrentShape().is_plain()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(),
                 std::string(why.message()).c_str());
  } else {
    spdlog::critical("{}: {}", name, std::string(why.message()));
  }
}

}  // namespace mxban
