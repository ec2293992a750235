#include "engine/sample/peak.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace mj {

absl::Status CheckPeak(const TokenLogit& first) {
  if (std::isnan(first.logit)) {
    return absl::InternalError(absl::StrCat("the model's logit of token ",
                                            first.id, " is not a number"));
  }
  if (std::isinf(first.logit)) {
    return absl::InternalError(
        absl::StrCat("the model's largest logit is ", first.logit));
  }
  return absl::OkStatus();
}

absl::StatusOr<TokenLogit> FindPeak(std::span<const float> logits) {
  if (logits.empty()) return absl::InternalError("the model has no logits");
  const TokenLogit first = TopOf(logits, 1)[0];
  if (absl::Status status = CheckPeak(first); !status.ok()) return status;
  return first;
}

}  // namespace mj
