// The process's log: lines on standard error.
#ifndef MILLIJOULE_SERVER_LOGGING_H_
#define MILLIJOULE_SERVER_LOGGING_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mj {

using Logger = spdlog::logger;

// `level`: trace, debug, info, warning, error or off; INVALID_ARGUMENT
// otherwise. Thread-safe.
absl::StatusOr<std::unique_ptr<Logger>> MakeLogger(const std::string& level);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_LOGGING_H_
