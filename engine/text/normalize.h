// Unicode normalization form C (UAX #15), which some tokenizers apply before
// anything else. Pure function, O(n log n) for any text.
#ifndef MILLIJOULE_ENGINE_TEXT_NORMALIZE_H_
#define MILLIJOULE_ENGINE_TEXT_NORMALIZE_H_

#include <string>
#include <string_view>

namespace mj {

// REQUIRES: `text` is valid UTF-8
std::string NormalizeNfc(std::string_view text);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_NORMALIZE_H_
