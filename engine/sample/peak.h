// The largest of a row of logits.
#ifndef MILLIJOULE_ENGINE_SAMPLE_PEAK_H_
#define MILLIJOULE_ENGINE_SAMPLE_PEAK_H_

#include <span>

#include "absl/status/statusor.h"
#include "engine/request/request.h"

namespace mj {

struct Peak {
  float value = 0;
  TokenId id = 0;  // the lowest among equals
};

// INTERNAL: a logit is not a number, or the largest one is infinite, or there
// is none: no distribution follows from such a row.
absl::StatusOr<Peak> FindPeak(std::span<const float> logits);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_PEAK_H_
