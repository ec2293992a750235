#include "engine/sample/logprobs.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/sample/exp_sum.h"
#include "engine/sample/peak.h"
#include "hw_backends/top_logits.h"

namespace mj {

double LogSumExp(std::span<const float> logits, float max) {
  double sum = 0;
  for (size_t i = 0; i < logits.size(); i += kExpPanel) {
    const size_t size = std::min(kExpPanel, logits.size() - i);
    sum += ExpSum(logits.subspan(i, size), max, 1);
  }
  return max + std::log(sum);
}

absl::StatusOr<PositionLogprobs> LogprobsOf(std::span<const float> logits,
                                            TokenId token, int top) {
  const std::vector<TokenLogit> order = TopOf(logits, std::max(top, 1));
  if (absl::Status status = CheckPeak(order[0]); !status.ok()) return status;
  const double total = LogSumExp(logits, order[0].logit);
  const auto of = [&](TokenId id) {
    return TokenLogprob{id, static_cast<float>(logits[id] - total)};
  };
  PositionLogprobs result{of(token), {}};
  for (int i = 0; i < top && i < static_cast<int>(order.size()); ++i) {
    result.top.push_back(of(order[i].id));
  }
  return result;
}

}  // namespace mj
