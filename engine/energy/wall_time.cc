#include "engine/energy/wall_time.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr double kFirstUnix = 1e8, kLastUnix = 4.2e9;

constexpr const char* kFormats[] = {
    "%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",  "%Y-%m-%d%ET%H:%M%Ez",
    "%Y-%m-%d%ET%H:%M",         "%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S",
    "%Y-%m-%d %H:%M%Ez",        "%Y-%m-%d %H:%M",         "%Y-%m-%d",
};

}  // namespace

absl::StatusOr<absl::Time> ParseWallTime(std::string_view text) {
  const std::string word(text);
  double seconds = 0;
  if (absl::SimpleAtod(word, &seconds)) {
    if (seconds >= kFirstUnix && seconds <= kLastUnix) {
      return absl::FromUnixMicros(static_cast<int64_t>(seconds * 1e6 + 0.5));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' as seconds since 1970 must be ", kFirstUnix,
                     " to ", kLastUnix));
  }
  for (const char* format : kFormats) {
    absl::Time time;
    std::string error;
    // Abseil also takes "infinite-future".
    if (absl::ParseTime(format, word, absl::UTCTimeZone(), &time, &error) &&
        time > absl::InfinitePast() && time < absl::InfiniteFuture()) {
      return time;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", word, "' is neither seconds since 1970 nor ISO 8601, such as ",
      "2026-01-31T08:00:00Z"));
}

std::string FormatWallTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace mj
