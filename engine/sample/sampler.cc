#include "engine/sample/sampler.h"

#include <algorithm>

#include "engine/sample/peak.h"

namespace mj {
namespace {

// Below it 1 / temperature leaves the range in which gaps are exact enough.
constexpr float kGreedyTemperature = 1e-5f;

// Longer lists of largest logits cost more to keep in order than a pass over
// the whole row.
constexpr int kMostDecisive = 64;

}  // namespace

int NumDecisive(const SamplingParams& params) {
  const bool greedy = params.temperature < kGreedyTemperature ||
                      params.top_k == 1 || params.top_p <= 0;
  if (greedy) return 1;
  return params.top_k <= kMostDecisive ? std::max(params.top_k, 0) : 0;
}

absl::StatusOr<TokenId> Sampler::Sample(std::span<const float> logits,
                                        const SamplingParams& params,
                                        const TokenHistory& history,
                                        const DrawKey& key) {
  const std::span<const float> adjusted =
      adjuster_.Adjust(logits, params, history);
  if (const int decisive = NumDecisive(params); decisive > 0) {
    return SampleTop(TopOf(adjusted, decisive), params, key);
  }
  const absl::StatusOr<TokenLogit> peak = FindPeak(adjusted);
  if (!peak.ok()) return peak.status();
  distribution_.Load(adjusted, peak->logit, params.temperature);
  if (params.top_k > 0) distribution_.KeepTopK(params.top_k);
  return Draw(params, key);
}

// Tokens of the list go by their place in it: places are in order as ids are,
// so the distribution cuts and draws as it would in the whole row.
absl::StatusOr<TokenId> Sampler::SampleTop(std::span<const TokenLogit> top,
                                           const SamplingParams& params,
                                           const DrawKey& key) {
  if (top.empty()) return absl::InternalError("the model has no logits");
  const TokenLogit& first = top.front();
  if (absl::Status status = CheckPeak(first); !status.ok()) return status;
  if (top.size() == 1) return first.id;
  values_.clear();
  for (const TokenLogit& token : top) values_.push_back(token.logit);
  distribution_.Load(values_, first.logit, params.temperature);
  distribution_.KeepTopK(static_cast<int>(values_.size()));
  return top[Draw(params, key)].id;
}

TokenId Sampler::Draw(const SamplingParams& params, const DrawKey& key) {
  if (params.top_p < 1) distribution_.KeepTopP(params.top_p);
  if (params.min_p > 0) distribution_.KeepMinP(params.min_p);
  return distribution_.Draw(Uniform(key));
}

}  // namespace mj
