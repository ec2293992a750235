// Points in time as people and files write them.
#ifndef MILLIJOULE_ENGINE_ENERGY_WALL_TIME_H_
#define MILLIJOULE_ENGINE_ENERGY_WALL_TIME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mj {

// ISO 8601 ("2026-01-31", "2026-01-31T08:00", "2026-01-31 08:00:05.5+01:00";
// without a zone it is UTC) or seconds since 1970, from 1e8 (1973) to 4.2e9
// (2103): a bare year or milliseconds are a mistake. INVALID_ARGUMENT quotes
// the text.
absl::StatusOr<absl::Time> ParseWallTime(std::string_view text);

// "2026-01-31T08:00:05Z"
std::string FormatWallTime(absl::Time time);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_WALL_TIME_H_
