#include "common/log.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "grpc/support/log.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

void LogFromGrpc(gpr_log_func_args* args) {
  const std::string message = absl::StrCat("grpc: ", args->message);
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    spdlog::warn("{}", message);
  } else {
    spdlog::debug("{}", message);
  }
}

}  // namespace

absl::Status InitLog(const std::string& level) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--log_level: '", level, "' is none of debug, info, warning, error"));
  }
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  spdlog::set_level(parsed);
  spdlog::flush_on(spdlog::level::info);
  gpr_set_log_function(LogFromGrpc);
  return absl::OkStatus();
}

}  // namespace mxban
