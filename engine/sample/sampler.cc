#include "engine/sample/sampler.h"

#include "engine/sample/peak.h"

namespace mj {
namespace {

// Below it 1 / temperature leaves the range in which gaps are exact enough.
constexpr float kGreedyTemperature = 1e-5f;

}  // namespace

absl::StatusOr<TokenId> Sampler::Sample(std::span<const float> logits,
                                        const SamplingParams& params,
                                        const TokenHistory& history,
                                        const DrawKey& key) {
  const std::span<const float> adjusted =
      adjuster_.Adjust(logits, params, history);
  const absl::StatusOr<Peak> peak = FindPeak(adjusted);
  if (!peak.ok()) return peak.status();
  const bool greedy = params.temperature < kGreedyTemperature ||
                      params.top_k == 1 || params.top_p <= 0;
  if (greedy) return peak->id;
  distribution_.Load(adjusted, peak->value, params.temperature);
  if (params.top_k > 0) distribution_.KeepTopK(params.top_k);
  if (params.top_p < 1) distribution_.KeepTopP(params.top_p);
  if (params.min_p > 0) distribution_.KeepMinP(params.min_p);
  return distribution_.Draw(Uniform(key));
}

}  // namespace mj
