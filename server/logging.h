// The process's log: lines on standard error.
#ifndef MILLIJOULE_SERVER_LOGGING_H_
#define MILLIJOULE_SERVER_LOGGING_H_

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mj {

using Logger = spdlog::logger;

// A logger of this name logs JSON objects.
inline constexpr const char* kFieldsLogger = "fields";

// `level`: trace, debug, info, warning, error or off. `format`, a line each:
//   text   time (UTC), level, message; what is no printable text of the message
//          is escaped
//   json   an object with "time", "level" and "message"; the members of an
//          object that is logged come behind them
// INVALID_ARGUMENT names another level or format. Thread-safe.
absl::StatusOr<std::unique_ptr<Logger>> MakeLogger(
    const std::string& level, const std::string& format = "text");

}  // namespace mj

#endif  // MILLIJOULE_SERVER_LOGGING_H_
