// The largest of a row of logits.
#ifndef MILLIJOULE_ENGINE_SAMPLE_PEAK_H_
#define MILLIJOULE_ENGINE_SAMPLE_PEAK_H_

#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/top_logits.h"

namespace mj {

// Whether a distribution follows from a row with this first token.
// INTERNAL: it is not a number, as is then a logit of the row, or infinite.
absl::Status CheckPeak(const TokenLogit& first);

// A row's first token, checked. INTERNAL: as CheckPeak, or the row is empty.
absl::StatusOr<TokenLogit> FindPeak(std::span<const float> logits);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_PEAK_H_
