#include "engine/sample/logprobs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/sample/exp.h"
#include "engine/sample/peak.h"

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

std::vector<TokenId> TopTokens(std::span<const float> logits, int count) {
  const size_t limit = std::min(logits.size(), static_cast<size_t>(count));
  std::vector<TokenId> top;
  if (limit == 0) return top;
  top.reserve(limit + 1);
  float worst = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (top.size() == limit && !(logits[i] > worst)) continue;
    const auto at =
        std::upper_bound(top.begin(), top.end(), logits[i],
                         [&](float x, TokenId id) { return x > logits[id]; });
    top.insert(at, static_cast<TokenId>(i));
    if (top.size() > limit) top.pop_back();
    worst = logits[top.back()];
  }
  return top;
}

absl::StatusOr<PositionLogprobs> LogprobsOf(std::span<const float> logits,
                                            TokenId token, int top) {
  const absl::StatusOr<Peak> peak = FindPeak(logits);
  if (!peak.ok()) return peak.status();
  const double total = LogSumExp(logits, peak->value);
  const auto of = [&](TokenId id) {
    return TokenLogprob{id, static_cast<float>(logits[id] - total)};
  };
  PositionLogprobs result{of(token), {}};
  for (TokenId id : TopTokens(logits, top)) result.top.push_back(of(id));
  return result;
}

}  // namespace mj
