#include "server/logging.h"

#include <spdlog/common.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "absl/strings/str_cat.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Logger>> MakeLogger(const std::string& level) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", level,
        "' is not a log level: trace, debug, info, warning, error or off"));
  }
  auto log = std::make_unique<Logger>(
      "millijoule", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  log->set_level(parsed);
  log->flush_on(spdlog::level::trace);
  return log;
}

}  // namespace mj
