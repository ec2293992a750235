// Error messages from mixed pieces. Debian's Abseil has a string_view of its
// own, which std::string_view does not turn into by itself.
#ifndef MILLIJOULE_ENGINE_MODEL_INVALID_H_
#define MILLIJOULE_ENGINE_MODEL_INVALID_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mj {

template <typename T>
const T& ForAbseil(const T& part) {
  return part;
}
inline absl::string_view ForAbseil(std::string_view text) {
  return {text.data(), text.size()};
}

// absl::StrCat of anything that it takes, and of std::string_view.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  return absl::StrCat(ForAbseil(parts)...);
}

// A name from a file, in quotes, cut and escaped where it is odd.
inline std::string Quoted(std::string_view name) {
  return Concat("\"", absl::CHexEscape(ForAbseil(name.substr(0, 100))), "\"");
}

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(Concat(parts...));
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_INVALID_H_
