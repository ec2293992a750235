// How much old samples still count.
#ifndef MILLIJOULE_ENGINE_SPECULATE_FADING_H_
#define MILLIJOULE_ENGINE_SPECULATE_FADING_H_

#include <cstdint>

namespace mj {

// The weight of `count` samples when the last is `age` steps old: half of it
// after `each` steps a sample. So a single odd one is soon asked again, and
// many are kept for long.
inline double FadedCount(double count, int64_t age, double each) {
  if (count <= 0) return 0;
  return count * count / (count + static_cast<double>(age) / each);
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_FADING_H_
