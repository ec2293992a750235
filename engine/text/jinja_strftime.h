// strftime as Python's datetime does it in the C locale.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_STRFTIME_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_STRFTIME_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace mj::jinja {

// A naive local time: %z and %Z are empty.
std::string Strftime(std::string_view format, absl::Time time,
                     absl::TimeZone zone);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_STRFTIME_H_
