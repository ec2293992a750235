// Debian's Abseil has a string_view of its own, to which the standard one
// does not convert by itself.
#ifndef MILLIJOULE_ENGINE_TEXT_ABSL_TEXT_H_
#define MILLIJOULE_ENGINE_TEXT_ABSL_TEXT_H_

#include <functional>
#include <string_view>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace mj {

inline absl::string_view Absl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

// For hash tables of std::string that are searched by std::string_view.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const {
    return absl::Hash<std::string_view>{}(text);
  }
};
using TextEqual = std::equal_to<>;

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_ABSL_TEXT_H_
