#include "engine/sample/peak.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int kLanes = 16;  // what compilers turn into vector registers

absl::Status NotANumber(std::span<const float> logits) {
  const auto it = std::find_if(logits.begin(), logits.end(),
                               [](float x) { return std::isnan(x); });
  return absl::InternalError(absl::StrCat(
      "the model's logit of token ", it - logits.begin(), " is not a number"));
}

}  // namespace

absl::StatusOr<Peak> FindPeak(std::span<const float> logits) {
  std::array<float, kLanes> best;
  std::array<int, kLanes> bad{};
  best.fill(-std::numeric_limits<float>::infinity());
  const size_t whole = logits.size() / kLanes * kLanes;
  for (size_t i = 0; i < whole; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) {
      const float x = logits[i + j];
      best[j] = x > best[j] ? x : best[j];
      bad[j] |= x != x;
    }
  }
  for (size_t i = whole; i < logits.size(); ++i) {
    best[0] = std::max(best[0], logits[i]);
    bad[0] |= std::isnan(logits[i]);
  }
  if (std::any_of(bad.begin(), bad.end(), [](int b) { return b != 0; })) {
    return NotANumber(logits);
  }
  const float value = *std::max_element(best.begin(), best.end());
  if (!std::isfinite(value)) {
    return absl::InternalError(
        absl::StrCat("the model's largest logit is ", value));
  }
  const auto it = std::find(logits.begin(), logits.end(), value);
  return Peak{value, static_cast<TokenId>(it - logits.begin())};
}

}  // namespace mj
