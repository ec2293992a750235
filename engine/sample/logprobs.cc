#include "engine/sample/logprobs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "engine/sample/exp.h"
#include "engine/sample/peak.h"
#include "hw_backends/top_logits.h"

namespace mj {
namespace {

constexpr size_t kPanel = 1024;
constexpr size_t kLanes = 16;

// Exponentials first, sums after: so compilers vectorise both.
double PanelSum(std::span<const float> panel, float max) {
  std::array<float, kPanel> e;
  for (size_t i = 0; i < panel.size(); ++i) {
    e[i] = ExpNonPositive(panel[i] - max);
  }
  std::fill(e.begin() + panel.size(), e.end(), 0.0f);
  std::array<float, kLanes> lanes{};
  for (size_t i = 0; i < kPanel; i += kLanes) {
    for (size_t j = 0; j < kLanes; ++j) lanes[j] += e[i + j];
  }
  double sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

double LogSumExp(std::span<const float> logits, float max) {
  double sum = 0;
  for (size_t i = 0; i < logits.size(); i += kPanel) {
    const size_t size = std::min(kPanel, logits.size() - i);
    sum += PanelSum(logits.subspan(i, size), max);
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
